/*
 * What a time service does: settime [SECONDS] sets the clock to these seconds since 1970, if given, and tells the kernel
 * that the network vouches for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <time.h>

int main(int count, char **words) {
  struct timespec now = {.tv_sec = count > 1 ? atoll(words[1]) : 0};
  if (count > 1 && clock_settime(CLOCK_REALTIME, &now)) {
    perror("settime: the clock");
    return 1;
  }
  struct timex vouched = {.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR, .status = STA_PLL};
  if (adjtimex(&vouched) < 0) {
    perror("settime: adjtimex");
    return 1;
  }
  return 0;
}
