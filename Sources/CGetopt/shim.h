// getopt_long of the C library, for the host-only programs: <getopt.h> is in no module that the toolchain ships.
#pragma once
#include <getopt.h>

// The state that getopt keeps in global variables, which Swift may not touch. Zero makes glibc begin anew.
static inline void replenish_getopt_begin(void) {
  optind = 0;
  opterr = 0;
}
static inline int replenish_getopt_index(void) { return optind; }
static inline int replenish_getopt_refused(void) { return optopt; }
static inline const char *replenish_getopt_argument(void) { return optarg; }
