// Bluetooth sockets. The kernel exports no header for them; libbluetooth's has the same few numbers and two addresses,
// and is not worth a library at build and run time.
#pragma once
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

struct replenish_hci_address {
  sa_family_t family;
  uint16_t device, channel;
};
struct replenish_l2cap_address {
  sa_family_t family;
  uint16_t psm;  // little-endian, as channel
  uint8_t address[6];
  uint16_t channel;
  uint8_t type;  // 1 public, 2 random
};

static inline int replenish_hci_socket(void) {
  return socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 1);
}
// Channel 0 is a controller's own, 3 the management (then the device is 0xFFFF).
static inline int replenish_hci_bind(int file, uint16_t device, uint16_t channel) {
  struct replenish_hci_address address = {AF_BLUETOOTH, device, channel};
  return bind(file, (const struct sockaddr *)&address, sizeof address);
}
// Of a controller's packets only the events Command Complete (14) and Command Status (15).
static inline int replenish_hci_filter(int file) {
  struct {
    uint32_t types, events[2];
    uint16_t opcode;
  } filter = {1 << 4, {1 << 14 | 1 << 15, 0}, 0};
  return setsockopt(file, 0, 2, &filter, sizeof filter);
}
static inline int replenish_l2cap_socket(void) {
  return socket(AF_BLUETOOTH, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}
// ATT's fixed channel, 4, at an address of six bytes, the least significant first.
static inline struct replenish_l2cap_address replenish_att_address(const uint8_t *bytes, int is_random) {
  struct replenish_l2cap_address address;
  memset(&address, 0, sizeof address);
  address.family = AF_BLUETOOTH;
  memcpy(address.address, bytes, sizeof address.address);
  const uint8_t channel[2] = {4, 0};
  memcpy(&address.channel, channel, sizeof channel);
  address.type = is_random ? 2 : 1;
  return address;
}
static inline int replenish_l2cap_bind(int file, const uint8_t *own, int is_random) {
  const struct replenish_l2cap_address address = replenish_att_address(own, is_random);
  return bind(file, (const struct sockaddr *)&address, sizeof address);
}
// Begins to connect; 0 also while it goes on. How it came out is to be asked once the socket is writable.
static inline int replenish_l2cap_connect(int file, const uint8_t *peer, int is_random) {
  const struct replenish_l2cap_address address = replenish_att_address(peer, is_random);
  int result = connect(file, (const struct sockaddr *)&address, sizeof address);
  return result != 0 && errno == EINPROGRESS ? 0 : result;
}
// The errno with which a connection came out; 0 if it is there.
static inline int replenish_socket_error(int file) {
  int code = 0;
  socklen_t size = sizeof code;
  return getsockopt(file, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno;
}
int accept4(int, struct sockaddr *, socklen_t *, int);  // declared by <sys/socket.h> under _GNU_SOURCE only
static inline int replenish_l2cap_accept(int listener, uint8_t *peer, int *is_random) {
  struct replenish_l2cap_address address;
  memset(&address, 0, sizeof address);
  socklen_t length = sizeof address;
  int file = accept4(listener, (struct sockaddr *)&address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  memcpy(peer, address.address, sizeof address.address);
  *is_random = address.type == 2;
  return file;
}
// Whether a link is encrypted, with a key of 16 bytes. The level is the link's as it is (BT_SECURITY): 1 without encryption,
// 2 with a key that nobody compared, and more.
static inline int replenish_l2cap_is_encrypted(int file) {
  struct {
    uint8_t level, key_size;
  } security = {0, 0};
  socklen_t length = sizeof security;
  return getsockopt(file, 274, 4, &security, &length) == 0 && security.level >= 2 && security.key_size >= 16;
}
