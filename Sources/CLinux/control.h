// The caller's end of the control socket.
#pragma once
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static inline int replenish_control_open(void) { return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0); }
// Bounds every later wait: connecting and sending as well as receiving.
static inline int replenish_control_limit(int file, int seconds) {
  struct timeval limit = {seconds, 0};
  if (setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) return -1;
  return setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}
// Fails with ENAMETOOLONG where the path does not fit an address; an abstract address cannot be named.
static inline int replenish_control_connect(int file, const char *path) {
  struct sockaddr_un address;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  if (path[0] != '/' || strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  return connect(file, (const struct sockaddr *)&address, sizeof address);
}
static inline ssize_t replenish_control_send(int file, const void *bytes, size_t count) {
  return send(file, bytes, count, MSG_NOSIGNAL);
}
// The length of the whole message, even where it is more than `count`.
static inline ssize_t replenish_control_receive(int file, void *bytes, size_t count) {
  return recv(file, bytes, count, MSG_TRUNC);
}
static inline int replenish_control_error(void) { return errno; }
