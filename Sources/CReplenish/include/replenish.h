/*
 * replenish.h - a device that links itself to its owner's Amazon account from a phone and reorders its own supplies.
 *
 * A guest in the firmware's process: it owns no loop, starts no thread, writes to no terminal. It offers one descriptor
 * to poll and one function to call:
 *
 *   replenish_config *config;
 *   replenish_device *device;
 *   replenish_event *event;
 *
 *   replenish_config_new(&config);
 *   replenish_config_set_model(config, "Brewer3");
 *   ...
 *   if (replenish_device_new(&device, config) < 0) puts(replenish_config_get_error(config));
 *   replenish_config_free(config);
 *   replenish_device_start(device);
 *   // poll replenish_device_get_fd(device) for POLLIN beside your own descriptors; when it is readable:
 *   replenish_device_dispatch(device);
 *   while (replenish_device_next_event(device, &event) > 0) {
 *     puts(replenish_event_get_text(event));
 *     replenish_event_free(event);
 *   }
 *
 * Link with `pkg-config --libs replenish` (libreplenish.so.0) or `replenish-static` (libreplenish.a, which needs
 * libcurl, libcrypto, jansson and libm). The rules on errors, ownership, threads and units stand in replenish_common.h.
 *
 * Bluetooth is not offered in C yet: a phone reaches the device through the socket of
 * replenish_config_set_phone_socket.
 */
#ifndef REPLENISH_H
#define REPLENISH_H

#include "replenish_common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------------------------------- Settings of the board
 *
 * Required besides those of replenish_common.h: a state folder.
 */

/* The folder for tokens and presses, of this user's and with mode 0700; it is made if it is absent. One device at a
 * time has it: a second one is refused with its name. */
int replenish_config_set_state_folder(replenish_config *config, const char *path);

enum replenish_serial_source {
  REPLENISH_SERIAL_FILE = 0,        /* the file `path`, which the factory wrote */
  REPLENISH_SERIAL_DEVICE_TREE = 1, /* /proc/device-tree/serial-number; on a Raspberry Pi, the chip's */
  REPLENISH_SERIAL_DMI = 2          /* the firmware tables of PC-like boards, readable for root */
};

/* Adds a place to look for the serial number, after those added before; the first that has one counts. `source` is
 * an enum replenish_serial_source; `path` is for REPLENISH_SERIAL_FILE and null for the others. Not used where a
 * serial is set. */
int replenish_config_add_serial_source(replenish_config *config, int source, const char *path);

/* The record that replenish-factory made for this device. Without it, or while the file is absent, no phone can
 * link. */
int replenish_config_set_setup_record(replenish_config *config, const char *path);

/* A file with the board's key, 32 bytes, that seals the records with tokens, so that a copy of the state folder does
 * not yield them; null (the default) leaves them to file permissions. systemd-creds or a TPM unsealed it, to a place
 * in memory. */
int replenish_config_set_seal_key_file(replenish_config *config, const char *path);

/* A PEM file of the certificate authorities to trust; null (the default) for the system's. Amazon's few save memory. */
int replenish_config_set_ca_file(replenish_config *config, const char *path);

/* Where a phone's part reaches the device on a machine without Bluetooth: the path of a UNIX SOCK_SEQPACKET socket.
 * Null (the default) for none. For the desk and for tests: never ship a device with it. */
int replenish_config_set_phone_socket(replenish_config *config, const char *path);

/* The control socket, by which replenishctl reaches the device: its path, in a folder no looser than 0750.
 * `read_group` names the group that may ask how it is, `act_group` the one that may order and unlink; each is null
 * for none. A null path (the default) for no socket. It orders things on the owner's account: choose the groups with
 * care. */
int replenish_config_set_control_socket(
    replenish_config *config, const char *path, const char *read_group, const char *act_group);

/* The maker's cloud, which then holds the owner's tokens and orders instead of the device: `host` is its listener for
 * devices, "https://devices.example.com:8444" for instance; `certificate` and `private_key` are paths of PEM files, the
 * key without a pass phrase and readable for this user or root alone. Three null pointers (the default) for none: the
 * device orders by itself. With a cloud no phone comes to the device: the setup record, the phone socket and all that
 * concerns Login with Amazon do not count, and replenish_config_set_ca_file names the authorities to trust for the cloud.
 * A button held for 5 s and replenish_device_open_setup tell the cloud that somebody is at the device, so that an owner
 * may claim it there for ten minutes. -EINVAL if only some are null, or the host is none of https. */
int replenish_config_set_cloud(
    replenish_config *config, const char *host, const char *certificate, const char *private_key);

/* Whether the device waits for the cloud's commands (not 0), with one request that the cloud holds for minutes, on a
 * connection of its own; 0 is the default. The only command is to show which device it is: the lights say
 * REPLENISH_LIGHT_IDENTIFY, and a REPLENISH_EVENT_IDENTIFY comes. Ordering is never one. Without a cloud it means
 * nothing. */
int replenish_config_set_cloud_downlink(replenish_config *config, int waits_for_commands);

/* ---------------------------------------------------------------------------------------------------- The device */

typedef struct replenish_device replenish_device;

/* Makes a device in *device, with one reference. It opens and locks the state folder and does nothing else until
 * replenish_device_start. On failure replenish_config_get_error(config) has the reason:
 *   -EINVAL  a required setting is missing, or one cannot be used
 *   -ENODEV  no serial number was found
 *   -EIO     the state folder, the setup record, or the cloud's certificate or key cannot be used
 *   -ENOMEM  the event loop or libcurl could not be made */
int replenish_device_new(replenish_device **device, replenish_config *config);

/* Takes one more reference; returns the device. Takes a null pointer. */
replenish_device *replenish_device_ref(replenish_device *device);

/* Gives a reference back; the last one closes the device and frees it. Takes a null pointer. Returns a null pointer. */
replenish_device *replenish_device_unref(replenish_device *device);

/* Starts the device from its records. -EALREADY if it was started, -EIO if the control socket cannot be opened (then
 * it is not started). */
int replenish_device_start(replenish_device *device);

/* Ends everything that is open: descriptors, connections, sockets, the lock of the state folder. Nothing is lost:
 * presses and tokens are on disk. Questions that wait are refused, and their answers can still be taken with
 * replenish_device_next_event. Every other function then returns -ESHUTDOWN. A second call does nothing and returns
 * 0. */
int replenish_device_close(replenish_device *device);

/* The descriptor to poll for reading (POLLIN, EPOLLIN); always the same. It is the library's: do not read, change or
 * close it. It becomes readable when there is work to do, and when an event came during another call than
 * replenish_device_dispatch. */
int replenish_device_get_fd(replenish_device *device);

/* Does what is ready and returns 0, at once if nothing is. It may wait for the disk, tens of milliseconds on a
 * common SD card, and never for the network. */
int replenish_device_dispatch(replenish_device *device);

/* The next event in *event: 1, or 0 if there is none. Free it with replenish_event_free. Works on a closed device
 * too. */
int replenish_device_next_event(replenish_device *device, replenish_event **event);

/* Why the last call with this device failed; "" if none has. Valid until the next call with it. A null pointer for a
 * null device. */
const char *replenish_device_get_error(const replenish_device *device);

/* --------------------------------------------------------------------------------------------- What is asked of it
 *
 * Each of these returns 0 once the question is on its way, and sets *request to its number, counted from 1; `request`
 * may be null. The answer is one event with this number; it may be waiting already when the call returns, and then the
 * descriptor is readable. A negative errno: nothing was asked, and no answer comes:
 *   -EINVAL  a wrong argument            -ENOENT     no such slot is configured
 *   -EAGAIN  64 answers wait to be taken  -EBADFD     the device is not started     -ESHUTDOWN  the device is closed
 */

/* Orders for a slot, as a press of its button does. Answer: REPLENISH_EVENT_NOTED; what becomes of it comes as
 * REPLENISH_EVENT_PRESS. A press while another of its slot is open joins that one: the answer has its id. */
int replenish_device_press(replenish_device *device, const char *slot, uint64_t *request);

/* Opens the setup window, so that a phone can link the device. Answer: REPLENISH_EVENT_DONE. */
int replenish_device_open_setup(replenish_device *device, uint64_t *request);

/* Ends the link: no order leaves from this instant, then the service is told. Answer: REPLENISH_EVENT_DONE once it
 * is on disk; REPLENISH_EVENT_DEREGISTERED when the service knows. */
int replenish_device_unlink(replenish_device *device, uint64_t *request);

/* A factory reset: unlinks, and forgets everything but the factory's record and the count of failed guesses. Answer:
 * REPLENISH_EVENT_DONE; REPLENISH_EVENT_ERASED when it is complete. */
int replenish_device_erase(replenish_device *device, uint64_t *request);

/* Takes a new key, certified by the maker's cloud, in place of the one that replenish_config_set_cloud named; the files
 * are replaced, so their folders must be this user's to write. The cloud trusts the present key until the new one is
 * used, at the end of this; a loss of power at any moment leaves one that is trusted, and asking again is harmless.
 * Answer: REPLENISH_EVENT_DONE. */
int replenish_device_renew_key(replenish_device *device, uint64_t *request);

/* Asks the service what each slot is subscribed to. Answer: REPLENISH_EVENT_SLOTS. */
int replenish_device_query_slots(replenish_device *device, uint64_t *request);

/* Asks the service for the state of an order, named by the instance_id of a press. Answer: REPLENISH_EVENT_ORDER. */
int replenish_device_query_order(replenish_device *device, const char *instance_id, uint64_t *request);

/* Cancels the test orders of a slot, or of all slots if it is null. Answer: REPLENISH_EVENT_CANCELLED. */
int replenish_device_cancel_test_orders(replenish_device *device, const char *slot, uint64_t *request);

/* Tells the service how much is left in a slot. Answer: REPLENISH_EVENT_DONE once the device knows; it tells the
 * service with the next connection. */
int replenish_device_report_slot_status(
    replenish_device *device, const char *slot, const struct replenish_slot_status *status, size_t size,
    uint64_t *request);

/* ----------------------------------------------------------------------------------------------- What it knows now */

/* How the device is, in *status. Its text is valid until the next call of this function with the device. */
int replenish_device_get_status(replenish_device *device, struct replenish_status *status, size_t size);

/* The same and the presses as one line of JSON in *json, as `replenishctl status --json` prints it. Valid until the
 * next call of this function with the device. */
int replenish_device_get_status_json(replenish_device *device, const char **json);

/* One of the open presses and last results in *press, the newest with index 0; -ENOENT beyond the last. Its texts
 * are valid until the next call of this function with the device. */
int replenish_device_get_press(replenish_device *device, size_t index, struct replenish_press *press, size_t size);

/* What the light of a slot says now, an enum replenish_light; -ENOENT if there is no such slot. */
int replenish_device_get_light(replenish_device *device, const char *slot);

/* The model, the serial number, and for a person where that was found. Null for a null device. */
const char *replenish_device_get_model(const replenish_device *device);
const char *replenish_device_get_serial(const replenish_device *device);
const char *replenish_device_get_serial_source(const replenish_device *device);

/* ------------------------------------------------------------------------------------------- Buttons and lights
 *
 * Optional: firmware with its own may call replenish_device_button, and show REPLENISH_EVENT_LIGHT in its own way. A
 * button released within 1.5 s is a press; held for 5 s it opens the setup window and never orders. What is attached is
 * let go when the device is closed. -EIO if the line, key or light cannot be had.
 */

/* A button of a slot went down (not 0) or up (0), debounced. */
int replenish_device_button(replenish_device *device, const char *slot, int is_down);

/* A GPIO line as button: `chip` is "/dev/gpiochip0" for instance; the kernel pulls it up and debounces it.
 * `is_active_low` is not 0 where pressing connects it to ground. */
int replenish_device_attach_gpio_button(
    replenish_device *device, const char *slot, const char *chip, unsigned line, int is_active_low);

/* A key of an input device as button: `path` is "/dev/input/by-path/..." for instance, `key` a code of
 * linux/input-event-codes.h. */
int replenish_device_attach_key(replenish_device *device, const char *slot, const char *path, unsigned key);

/* A GPIO line as light. */
int replenish_device_attach_gpio_light(
    replenish_device *device, const char *slot, const char *chip, unsigned line, int is_active_low);

/* A light of /sys/class/leds as light. */
int replenish_device_attach_led(replenish_device *device, const char *slot, const char *name);

/* ---------------------------------------------------------------------------------------------------- Self-test */

/* Called with the name of each check and whether it passed (not 0). `name` is valid for ever. */
typedef void (*replenish_self_test_report)(void *userdata, const char *name, int passed);

/* Tests what the program was linked with, on the board it runs on, in milliseconds: cryptography, JSON and records
 * by the known answers of their standards, the board's randomness and monotonic clock, and whether libcurl speaks
 * HTTPS. Needs no device, opens and changes nothing. `report` may be null. Returns 0 if all passed, else -EBADMSG. */
int replenish_self_test(replenish_self_test_report report, void *userdata);

#ifdef __cplusplus
}
#endif
#endif
