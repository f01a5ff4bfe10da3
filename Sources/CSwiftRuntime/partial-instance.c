/*
 * A correction of the Embedded Swift runtime (seen in 6.3.1): an object whose initializer throws is never freed.
 *
 * The compiler destroys what the initializer had set, then calls swift_deallocPartialClassInstance, which in the full
 * runtime destroys the superclasses' members and frees the memory. The embedded one forgets the last. Each device, button
 * or light that could not be made would cost firmware that tries again some memory.
 *
 * The runtime's own function is weak, so this one is linked in its place; see bridge-object.c. Test: Tests/CFirmware runs
 * failing calls of all kinds under valgrind.
 */
#ifdef EMBEDDED_SWIFT
#include <stddef.h>

/* The first words of a class: what the compiler lays down, and the runtime reads. */
struct class_metadata {
  struct class_metadata *superclass;
  void *destroy;
  __attribute__((swiftcall)) void (*destroy_members)(__attribute__((swift_context)) void *object);
};

void swift_deallocClassInstance(void *object, size_t size, size_t alignment_mask);
void swift_deallocPartialClassInstance(
    void *object, struct class_metadata *metadata, size_t size, size_t alignment_mask);

void swift_deallocPartialClassInstance(
    void *object, struct class_metadata *metadata, size_t size, size_t alignment_mask) {
  struct class_metadata *each = *(struct class_metadata **)object;
  for (; each != NULL && each != metadata; each = each->superclass) {
    if (each->destroy_members != NULL) each->destroy_members(object);
  }
  swift_deallocClassInstance(object, size, alignment_mask);
}
#else
typedef int nothing_to_correct_for_initializers;
#endif
