// sd-bus, found when it is first needed: a board without libsystemd runs the same program, and one that never opens a
// window through bluetoothd does not load it. One call each, no logic.
#pragma once
#include <systemd/sd-bus.h>

// Finds the functions below; to be called first. 0, or -1 where there is no libsystemd or not all of them are in it.
int systemd_load(void);

// Result, name after sd_, parameters, arguments.
#define SYSTEMD_FUNCTIONS(F)                                                                                       \
  F(int, bus_open_system, (sd_bus * *bus), (bus))                                                                  \
  F(sd_bus *, bus_unref, (sd_bus * bus), (bus))                                                                    \
  F(sd_bus *, bus_flush_close_unref, (sd_bus * bus), (bus))                                                        \
  F(int, bus_get_fd, (sd_bus * bus), (bus))                                                                        \
  F(int, bus_get_events, (sd_bus * bus), (bus))                                                                    \
  F(int, bus_get_timeout, (sd_bus * bus, uint64_t * until), (bus, until))                                          \
  F(int, bus_process, (sd_bus * bus, sd_bus_message * *message), (bus, message))                                   \
  F(int, bus_add_fallback,                                                                                         \
    (sd_bus * bus, sd_bus_slot * *slot, const char *prefix, sd_bus_message_handler_t handler, void *context),      \
    (bus, slot, prefix, handler, context))                                                                         \
  F(int, bus_add_match_async,                                                                                      \
    (sd_bus * bus, sd_bus_slot * *slot, const char *rule, sd_bus_message_handler_t handler,                        \
     sd_bus_message_handler_t installed, void *context),                                                           \
    (bus, slot, rule, handler, installed, context))                                                                \
  F(int, bus_call_async,                                                                                           \
    (sd_bus * bus, sd_bus_slot * *slot, sd_bus_message * message, sd_bus_message_handler_t handler, void *context, \
     uint64_t microseconds),                                                                                       \
    (bus, slot, message, handler, context, microseconds))                                                          \
  F(int, bus_send, (sd_bus * bus, sd_bus_message * message, uint64_t *cookie), (bus, message, cookie))             \
  F(int, bus_reply_method_error, (sd_bus_message * call, const sd_bus_error *error), (call, error))                \
  F(sd_bus_message *, bus_message_ref, (sd_bus_message * message), (message))                                      \
  F(sd_bus_message *, bus_message_unref, (sd_bus_message * message), (message))                                    \
  F(int, bus_message_new_method_call,                                                                              \
    (sd_bus * bus, sd_bus_message * *message, const char *destination, const char *path, const char *interface,    \
     const char *member),                                                                                          \
    (bus, message, destination, path, interface, member))                                                          \
  F(int, bus_message_new_method_return, (sd_bus_message * call, sd_bus_message * *message), (call, message))       \
  F(int, bus_message_new_signal,                                                                                   \
    (sd_bus * bus, sd_bus_message * *message, const char *path, const char *interface, const char *member),        \
    (bus, message, path, interface, member))                                                                       \
  F(int, bus_message_set_auto_start, (sd_bus_message * message, int starts), (message, starts))                    \
  F(int, bus_message_set_destination, (sd_bus_message * message, const char *name), (message, name))               \
  F(int, bus_message_get_cookie, (sd_bus_message * message, uint64_t * cookie), (message, cookie))                 \
  F(int, bus_message_get_reply_cookie, (sd_bus_message * message, uint64_t * cookie), (message, cookie))           \
  F(int, bus_message_get_expect_reply, (sd_bus_message * message), (message))                                      \
  F(const sd_bus_error *, bus_message_get_error, (sd_bus_message * message), (message))                            \
  F(const char *, bus_message_get_path, (sd_bus_message * message), (message))                                     \
  F(const char *, bus_message_get_sender, (sd_bus_message * message), (message))                                   \
  F(int, bus_message_is_method_call, (sd_bus_message * message, const char *interface, const char *member),        \
    (message, interface, member))                                                                                  \
  F(int, bus_message_is_signal, (sd_bus_message * message, const char *interface, const char *member),             \
    (message, interface, member))                                                                                  \
  F(int, bus_message_append_basic, (sd_bus_message * message, char type, const void *value),                       \
    (message, type, value))                                                                                        \
  F(int, bus_message_append_array, (sd_bus_message * message, char type, const void *values, size_t size),         \
    (message, type, values, size))                                                                                 \
  F(int, bus_message_open_container, (sd_bus_message * message, char type, const char *contents),                  \
    (message, type, contents))                                                                                     \
  F(int, bus_message_close_container, (sd_bus_message * message), (message))                                       \
  F(int, bus_message_enter_container, (sd_bus_message * message, char type, const char *contents),                 \
    (message, type, contents))                                                                                     \
  F(int, bus_message_exit_container, (sd_bus_message * message), (message))                                        \
  F(int, bus_message_read_basic, (sd_bus_message * message, char type, void *value), (message, type, value))       \
  F(int, bus_message_read_array,                                                                                   \
    (sd_bus_message * message, char type, const void **values, size_t *size), (message, type, values, size))       \
  F(int, bus_message_skip, (sd_bus_message * message, const char *types), (message, types))

#define SYSTEMD_DECLARATION(result, name, parameters, arguments) result systemd_##name parameters;
SYSTEMD_FUNCTIONS(SYSTEMD_DECLARATION)
#undef SYSTEMD_DECLARATION

// What bus_get_timeout counts on.
uint64_t systemd_monotonic_microseconds(void);
