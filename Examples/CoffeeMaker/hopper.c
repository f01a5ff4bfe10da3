#include "hopper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int hopper_open(struct hopper *hopper, const char *folder, double low, double refilled) {
  int length = snprintf(hopper->mark, sizeof hopper->mark, "%s/ordered", folder);
  struct stat status;

  if (length < 0 || (size_t)length >= sizeof hopper->mark) return -ENAMETOOLONG;
  hopper->low = low;
  hopper->refilled = refilled;
  hopper->level = -1;
  hopper->is_ordered = 0;
  if (stat(hopper->mark, &status) == 0) hopper->is_ordered = 1;
  else if (errno != ENOENT) return -errno;
  return 0;
}

int hopper_take(struct hopper *hopper, double level) {
  if (level == hopper->level) return 0;
  hopper->level = level;
  return 1;
}

int hopper_needs_order(const struct hopper *hopper) {
  return hopper->level >= 0 && hopper->level < hopper->low && !hopper->is_ordered;
}

// A name in a folder is durable once the folder is synced.
static int sync_folder_of(const char *path) {
  char folder[sizeof ((struct hopper *)0)->mark];
  char *slash;
  int file, result;

  snprintf(folder, sizeof folder, "%s", path);
  slash = strrchr(folder, '/');
  if (slash == NULL) return -EINVAL;
  *slash = '\0';
  file = open(folder[0] == '\0' ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return -errno;
  result = fsync(file) == 0 ? 0 : -errno;
  close(file);
  return result;
}

int hopper_set_ordered(struct hopper *hopper, int is_ordered) {
  if (is_ordered == hopper->is_ordered) return 0;
  if (is_ordered) {
    int file = open(hopper->mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return -errno;
    close(file);
  } else if (unlink(hopper->mark) != 0 && errno != ENOENT) {
    return -errno;
  }
  hopper->is_ordered = is_ordered;
  return sync_folder_of(hopper->mark);
}
