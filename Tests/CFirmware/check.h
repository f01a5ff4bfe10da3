// What the test programs assert with: a failure is printed with its place, and the program ends with 1.
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int checks_failed;

#define CHECK(condition) \
  ((condition) ? (void)0 : (void)(checks_failed++, printf("%s:%d: %s\n", __FILE__, __LINE__, #condition)))
#define CHECK_IS(value, expected) check_is(__FILE__, __LINE__, #value, (long long)(value), (long long)(expected))
#define CHECK_TEXT(value, expected) check_text(__FILE__, __LINE__, #value, (value), (expected))

static inline void check_is(const char *file, int line, const char *what, long long value, long long expected) {
  if (value == expected) return;
  checks_failed++;
  printf("%s:%d: %s is %lld, not %lld\n", file, line, what, value, expected);
}

static inline void check_text(const char *file, int line, const char *what, const char *value, const char *expected) {
  if (value != NULL && strstr(value, expected) != NULL) return;
  checks_failed++;
  printf("%s:%d: %s is \"%s\", without \"%s\"\n", file, line, what, value == NULL ? "(null)" : value, expected);
}

static inline int checks_end(const char *name) {
  if (checks_failed > 0) {
    printf("%s: %d checks failed\n", name, checks_failed);
    return 1;
  }
  printf("%s: all checks passed\n", name);
  return 0;
}

#endif
