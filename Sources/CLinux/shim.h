// The kernel and C library calls that Swift cannot import: variadic functions, macros, errno, packed structs.
// One call each; a shim that fills a struct does nothing else.
#pragma once
// Not _GNU_SOURCE: it changes the C library's types, which this module shares with the others' modules.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/gpio.h>
#include <linux/input.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static inline int replenish_errno(void) { return errno; }
static inline void replenish_clear_errno(void) { errno = 0; }

// Files

static inline int replenish_openat(int folder, const char *name, int flags, unsigned mode) {
  return openat(folder, name, flags, (mode_t)mode);
}
static inline int replenish_open_folder(int folder, const char *path) {
  return openat(folder, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}
static inline int replenish_open_reading(int folder, const char *name) {
  // Without O_NONBLOCK, a FIFO put in the place of a record would hang the device.
  return openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}
static inline int replenish_open_creating(int folder, const char *name) {
  return openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}
static inline int replenish_open_device(const char *path, int writable) {
  return open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
}
static inline int replenish_set_nonblocking(int file) { return fcntl(file, F_SETFL, O_NONBLOCK); }
static inline int replenish_fstat(int file, struct stat *status) { return fstat(file, status); }
static inline int replenish_is_regular(const struct stat *status) { return S_ISREG(status->st_mode); }
static inline int replenish_is_folder(const struct stat *status) { return S_ISDIR(status->st_mode); }
static inline int replenish_is_socket(const struct stat *status) { return S_ISSOCK(status->st_mode); }
static inline const char *replenish_entry_name(const struct dirent *entry) { return entry->d_name; }

// Time and events

_Static_assert(sizeof(time_t) == 8, "time ends in 2038: compile with -D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64");

static inline int64_t replenish_now_seconds(int clock) {
  struct timespec now = {0, 0};
  clock_gettime(clock, &now);
  return now.tv_sec;
}
static inline uint64_t replenish_now_milliseconds(int clock) {
  struct timespec now = {0, 0};
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
// Whether the kernel says that something synchronizes its clock; a filter that forbids the question means no.
static inline int replenish_clock_is_synchronized(void) {
  struct timex state = {0};
  return adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) == 0;
}

static inline int replenish_timer_open(int clock) { return timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK); }
static inline int replenish_timer_set(int timer, uint64_t milliseconds) {
  struct itimerspec when = {{0, 0}, {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000}};
  return timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}
static inline int replenish_timer_watch_clock(int timer) {
  // In the year 2242, as far ahead as the kernel's nanoseconds reach: it never fires, and is only cancelled when the clock
  // is set. The last second of 32 bits, in 2038, would be past one day; the watch would then fire as often as it is set.
  struct itimerspec when = {{0, 0}, {(time_t)1 << 33, 0}};
  return timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}
static inline int replenish_epoll_control(int epoll, int operation, int file, uint32_t events, uint64_t token) {
  struct epoll_event event;
  event.events = events;
  event.data.u64 = token;
  return epoll_ctl(epoll, operation, file, &event);
}
// One event at a time: struct epoll_event is packed on x86-64, and its layout is better left to C.
static inline int replenish_epoll_next(int epoll, int timeout, uint32_t *events, uint64_t *token) {
  struct epoll_event event;
  int count = epoll_wait(epoll, &event, 1, timeout);
  if (count == 1) {
    *events = event.events;
    *token = event.data.u64;
  }
  return count;
}
static inline int replenish_signals_open(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// Rights: no program that this process may start has more of them.

static inline int replenish_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L); }

// Sockets

static inline int replenish_socket(int type) { return socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }
static inline int replenish_socket_open(int family, int type, int protocol) {
  return socket(family, type | SOCK_CLOEXEC, protocol);
}
#ifndef POLLRDHUP
#define POLLRDHUP 0x2000  // declared by <poll.h> under _GNU_SOURCE only
#endif
static inline int replenish_peer_has_closed(int socket) {
  struct pollfd entry = {.fd = socket, .events = POLLRDHUP};
  return poll(&entry, 1, 0) == 1;
}
int accept4(int, struct sockaddr *, socklen_t *, int);  // declared by <sys/socket.h> under _GNU_SOURCE only
static inline int replenish_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }
static inline int replenish_packet_pair(int ends[2]) {
  return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends);
}
static inline int replenish_seqpacket(void) { return SOCK_SEQPACKET; }
static inline int replenish_datagram(void) { return SOCK_DGRAM; }
// The length of an address of `count` path bytes, or 0 if they do not fit. A first byte of zero makes it abstract.
static inline socklen_t replenish_address(struct sockaddr_un *address, const void *path, size_t count) {
  memset(address, 0, sizeof *address);
  if (count == 0 || count >= sizeof address->sun_path) return 0;
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, count);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + count + 1);
}
static inline int replenish_bind(int file, const struct sockaddr_un *address, socklen_t length) {
  return bind(file, (const struct sockaddr *)address, length);
}
static inline int replenish_connect(int file, const struct sockaddr_un *address, socklen_t length) {
  return connect(file, (const struct sockaddr *)address, length);
}
static inline ssize_t replenish_send(int file, const void *bytes, size_t count) {
  return send(file, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
}
static inline ssize_t replenish_send_to(
  int file, const void *bytes, size_t count, const struct sockaddr_un *address, socklen_t length) {
  return sendto(file, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)address, length);
}
// With MSG_TRUNC the result is the packet's true length, even where it did not fit.
static inline ssize_t replenish_receive(int file, void *bytes, size_t count) {
  return recv(file, bytes, count, MSG_DONTWAIT | MSG_TRUNC);
}
static inline int replenish_peer(int file, uint32_t *user, uint32_t *group) {
  struct {
    int32_t pid;
    uint32_t uid, gid;
  } peer = {0, 0, 0};  // struct ucred, declared under _GNU_SOURCE only
  socklen_t length = sizeof peer;
  int result = getsockopt(file, SOL_SOCKET, SO_PEERCRED, &peer, &length);
  *user = peer.uid;
  *group = peer.gid;
  return result;
}
// The supplementary groups of the peer when it connected (Linux 4.13); the count, or -1.
static inline int replenish_peer_groups(int file, uint32_t *groups, int room) {
  socklen_t length = (socklen_t)room * sizeof *groups;
  if (getsockopt(file, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0) return -1;
  return (int)(length / sizeof *groups);
}

// GPIO character device, version 2 (linux/gpio.h)

static inline int replenish_gpio_request(int chip, uint32_t offset, uint64_t flags, uint32_t debounce, const char *consumer) {
  struct gpio_v2_line_request request;
  memset(&request, 0, sizeof request);
  request.offsets[0] = offset;
  request.num_lines = 1;
  request.config.flags = flags;
  if (debounce > 0) {
    request.config.num_attrs = 1;
    request.config.attrs[0].mask = 1;
    request.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
    request.config.attrs[0].attr.debounce_period_us = debounce;
  }
  strncpy(request.consumer, consumer, sizeof request.consumer - 1);
  return ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) == 0 ? request.fd : -1;
}
static inline int replenish_gpio_get(int line, int *value) {
  struct gpio_v2_line_values values = {0, 1};
  int result = ioctl(line, GPIO_V2_LINE_GET_VALUES_IOCTL, &values);
  *value = (int)(values.bits & 1);
  return result;
}
static inline int replenish_gpio_set(int line, int value) {
  struct gpio_v2_line_values values = {value ? 1 : 0, 1};
  return ioctl(line, GPIO_V2_LINE_SET_VALUES_IOCTL, &values);
}
static inline uint64_t replenish_gpio_flag_input(void) {
  return GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
}
static inline uint64_t replenish_gpio_flag_output(void) { return GPIO_V2_LINE_FLAG_OUTPUT; }
static inline uint64_t replenish_gpio_flag_active_low(void) { return GPIO_V2_LINE_FLAG_ACTIVE_LOW; }
static inline uint64_t replenish_gpio_flag_pull_up(void) { return GPIO_V2_LINE_FLAG_BIAS_PULL_UP; }
static inline uint64_t replenish_gpio_flag_pull_down(void) { return GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN; }

// Input events (linux/input.h)

static inline int replenish_evdev_keys(int device, void *bits, size_t count) { return ioctl(device, EVIOCGKEY(count), bits); }
