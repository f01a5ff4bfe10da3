#include <spawn.h>

/* What <spawn.h> of glibc (2.34 and later) declares with _GNU_SOURCE only, which Swift does not define. */
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
