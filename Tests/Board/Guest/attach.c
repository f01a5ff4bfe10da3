// Makes a serial line a Bluetooth controller (H4), like btattach, until it is killed: attach /dev/hvc0
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define N_HCI 15
#define HCIUARTSETPROTO _IOW('U', 200, int)

int main(int count, char **words) {
  if (count != 2) return 2;
  int line = open(words[1], O_RDWR | O_NOCTTY);
  struct termios settings;
  if (line < 0 || tcgetattr(line, &settings) != 0) return perror(words[1]), 1;
  cfmakeraw(&settings);
  int discipline = N_HCI;
  if (tcsetattr(line, TCSANOW, &settings) != 0 || ioctl(line, TIOCSETD, &discipline) != 0 ||
      ioctl(line, HCIUARTSETPROTO, 0) != 0)
    return perror(words[1]), 1;
  for (;;) pause();
}
