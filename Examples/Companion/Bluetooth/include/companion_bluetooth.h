// Bluetooth sockets of a central. Results are the descriptor or 0, or an errno made negative.
#pragma once
#include <stdint.h>

// The kernel's management of its adapters.
int companion_management_socket(void);
// A socket on ATT's fixed channel that connects, or is connected, from the adapter with the address `own` to `peer`.
// Addresses have six bytes, the least significant first.
int companion_connect(const uint8_t *own, const uint8_t *peer, int is_random);
// How a connection came out once the socket is writable.
int companion_outcome(int file);
