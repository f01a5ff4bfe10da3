#include "CSystemd.h"

#include <dlfcn.h>
#include <time.h>

#define VARIABLE(result, name, parameters, arguments) static __typeof__(sd_##name) *found_##name;
SYSTEMD_FUNCTIONS(VARIABLE)

#define CALL(result, name, parameters, arguments) \
  result systemd_##name parameters { return found_##name arguments; }
SYSTEMD_FUNCTIONS(CALL)

int systemd_load(void) {
  static void *library;
  if (library) return 0;
  void *opened = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!opened) return -1;
#define FIND(result, name, parameters, arguments)                       \
  *(void **)&found_##name = dlsym(opened, "sd_" #name);                 \
  if (!found_##name) {                                                  \
    dlclose(opened);                                                    \
    return -1;                                                          \
  }
  SYSTEMD_FUNCTIONS(FIND)
  library = opened;
  return 0;
}

uint64_t systemd_monotonic_microseconds(void) {
  struct timespec now;
  return clock_gettime(CLOCK_MONOTONIC, &now) ? 0 : (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
