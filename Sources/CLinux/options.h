// getopt_long for the programs, without its global variables, which Swift 6 does not let through.
#pragma once
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Begins anew and lets getopt_long print nothing: the program words its own errors.
static inline void replenish_options_begin(void) {
  optind = 0;
  opterr = 0;
}
static inline int replenish_options_next(int count, char **values, const char *letters, const struct option *names) {
  return getopt_long(count, values, letters, names, NULL);
}
static inline const char *replenish_options_argument(void) { return optarg; }
static inline int replenish_options_index(void) { return optind; }
// The letter at fault; 0 for a long name that is not known.
static inline int replenish_options_unknown(void) { return optopt; }
