/*
 * A correction of the Embedded Swift runtime (seen in 6.3.1), for 64-bit ARM.
 *
 * The compiler takes it that swift_bridgeObjectRetain returns its argument, and goes on with what came back in the
 * register. The runtime returns the argument without its tag bits instead. For a String of up to 15 bytes those bits say
 * where and how long its text is: a copy of "coffee" becomes a String of 111486184091491 bytes, and the program traps.
 * Without ARM's rule that a returned argument stays in its register, as on x86_64, nothing is seen of it.
 *
 * The runtime's own function is weak, so this one is linked in its place. Toolsets of Boards/toolset define
 * EMBEDDED_SWIFT; in an ordinary build this file is empty. Tests: replenishctl press on the emulated CPU (Boards/check),
 * all of Tests/Board.
 */
#if defined(EMBEDDED_SWIFT) && defined(__LP64__)
#include <stdint.h>

extern void *swift_retain(void *object);
extern void *swift_retain_n(void *object, uint32_t count);
void *swift_bridgeObjectRetain(void *object);
void *swift_bridgeObjectRetain_n(void *object, uint32_t count);

/* What stands behind the tags; nothing where the topmost says that it is never freed. */
static void *counted(void *object) {
  uintptr_t bits = (uintptr_t)object;
  return bits >> 63 ? 0 : (void *)(bits & 0x0ffffffffffffff8);
}

void *swift_bridgeObjectRetain(void *object) {
  void *behind = counted(object);
  if (behind) swift_retain(behind);
  return object;
}

void *swift_bridgeObjectRetain_n(void *object, uint32_t count) {
  void *behind = counted(object);
  if (behind) swift_retain_n(behind, count);
  return object;
}
#else
typedef int nothing_to_correct_here;
#endif
