#pragma once
#include <systemd/sd-bus.h>
#include <time.h>

// What sd_bus_get_timeout counts on.
static inline uint64_t replenish_monotonic_microseconds(void) {
  struct timespec now;
  return clock_gettime(CLOCK_MONOTONIC, &now) ? 0 : (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
