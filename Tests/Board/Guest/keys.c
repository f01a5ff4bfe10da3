/*
 * A keyboard that is not there: keys CODE... makes an input device with these keys (uinput), says its name, and then
 * reads lines "CODE 1" (down) and "CODE 0" (up) from the FIFO /run/keys until it is ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static void fail(const char *what) {
  fprintf(stderr, "keys: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void emit(int device, int type, int code, int value) {
  struct input_event event = {.type = type, .code = code, .value = value};
  if (write(device, &event, sizeof event) != sizeof event) fail("cannot send a key");
}

int main(int count, char **words) {
  int device = open("/dev/uinput", O_WRONLY);
  if (device < 0) fail("/dev/uinput");
  struct uinput_setup setup = {.id = {.bustype = BUS_VIRTUAL}, .name = "test keys"};
  ioctl(device, UI_SET_EVBIT, EV_KEY);
  for (int i = 1; i < count; i++) ioctl(device, UI_SET_KEYBIT, atoi(words[i]));
  if (ioctl(device, UI_DEV_SETUP, &setup) || ioctl(device, UI_DEV_CREATE)) fail("cannot make the device");
  char name[64] = "";
  if (ioctl(device, UI_GET_SYSNAME(sizeof name), name) < 0) fail("cannot name the device");
  if (mkfifo("/run/keys", 0600) && errno != EEXIST) fail("/run/keys");
  printf("%s\n", name);
  fflush(stdout);
  /* Open for writing as well, so that it never ends. */
  FILE *lines = fdopen(open("/run/keys", O_RDWR), "r");
  if (!lines) fail("/run/keys");
  int code, value;
  while (fscanf(lines, "%d %d", &code, &value) == 2) {
    emit(device, EV_KEY, code, value);
    emit(device, EV_SYN, SYN_REPORT, 0);
  }
  return 0;
}
