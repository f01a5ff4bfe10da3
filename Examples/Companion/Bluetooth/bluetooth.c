// The kernel exports no header for these sockets. In C, since Swift would have to lay the structs out by hand.
#include "companion_bluetooth.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct hci_address {
  sa_family_t family;
  uint16_t device, channel;
};

struct l2cap_address {
  sa_family_t family;
  uint16_t psm;  // little-endian, as channel
  uint8_t address[6];
  uint16_t channel;
  uint8_t type;  // 1 public, 2 random
};

enum { protocol_l2cap = 0, protocol_hci = 1, no_device = 0xFFFF, management = 3 };

static int made(int file, int result) {
  if (result == 0 || errno == EINPROGRESS) return file;
  int code = errno;
  close(file);
  return -code;
}

static int bluetooth_socket(int type, int protocol) {
  int file = socket(AF_BLUETOOTH, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  return file < 0 ? -errno : file;
}

int companion_management_socket(void) {
  int file = bluetooth_socket(SOCK_RAW, protocol_hci);
  if (file < 0) return file;
  const struct hci_address address = {AF_BLUETOOTH, no_device, management};
  return made(file, bind(file, (const struct sockaddr *)&address, sizeof address));
}

// ATT's fixed channel, 4, at an address.
static struct l2cap_address att_at(const uint8_t *bytes, uint8_t type) {
  struct l2cap_address address = {.family = AF_BLUETOOTH, .type = type};
  memcpy(address.address, bytes, sizeof address.address);
  memcpy(&address.channel, (const uint8_t[]){4, 0}, sizeof address.channel);
  return address;
}

int companion_connect(const uint8_t *own, const uint8_t *peer, int is_random) {
  int file = bluetooth_socket(SOCK_SEQPACKET, protocol_l2cap);
  if (file < 0) return file;
  const struct l2cap_address here = att_at(own, 1), there = att_at(peer, is_random ? 2 : 1);
  int result = bind(file, (const struct sockaddr *)&here, sizeof here);
  if (result == 0) result = connect(file, (const struct sockaddr *)&there, sizeof there);
  return made(file, result);
}

int companion_outcome(int file) {
  int code = 0;
  socklen_t size = sizeof code;
  if (getsockopt(file, SOL_SOCKET, SO_ERROR, &code, &size) != 0) return -errno;
  return -code;
}
