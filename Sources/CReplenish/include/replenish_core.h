/*
 * replenish_core.h - the device as a state machine, for firmware with its own HTTP, Bluetooth and storage.
 *
 * The core opens no file and no socket, reads no clock, and starts no thread. The firmware tells it what happened, and
 * the core calls back for what is to be done, in order:
 *
 *   firmware -> core   start, wake, button, answer, phone_connected, phone_packet, ..., and the questions
 *   core -> firmware   struct replenish_core_callbacks: store this record, make this HTTPS request, send this packet...
 *   events             replenish_core_next_event, as in replenish.h; lights are events
 *
 * Link with `pkg-config --libs --static replenish-core` (libreplenish-core.a), which needs libcrypto, jansson and libm.
 * Use it or libreplenish, not both in one program. The rules on errors, ownership, threads and units stand in
 * replenish_common.h.
 */
#ifndef REPLENISH_CORE_H
#define REPLENISH_CORE_H

#include "replenish_common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------- What the core asks for */

/* A point in time. */
struct replenish_core_moment {
  uint64_t uptime;     /* MILLISECONDS since the board started, sleep included; never goes back during one boot */
  int64_t clock;       /* seconds since 1970 as the board's clock has it, right or wrong */
  int is_synchronized; /* not 0 if something vouches for the clock, NTP for instance */
};

/* An HTTPS request. Everything in it is valid during the callback only; what is copied holds tokens and must be
 * erased. */
struct replenish_core_request {
  const char *method;         /* "GET", "POST" or "DELETE" */
  const char *url;            /* "https://..." */
  const char *const *headers; /* whole lines, "Name: value"; Authorization and Content-Type are among them */
  size_t header_count;
  const void *body;           /* null where there is none; a POST without one is sent with Content-Length: 0 */
  size_t body_size;
  uint32_t id;                /* to be given back with the answer */
};

/* The longest record, in bytes. */
#define REPLENISH_CORE_RECORD_MAX 65600

/*
 * What the firmware does for the core. All but `random` are required; `open_window`, `close_window`, `send` and
 * `disconnect` may be null together, on a board that no phone reaches. Callbacks run inside of a call into the core, on
 * its thread. They may call the functions below that tell the core what happened, which then take effect once the
 * callback has returned; they must not free the core.
 *
 * Records: the core keeps six, "link", "farewell", "journal", "attempts", "upkeep" and "erasing". The bytes are opaque,
 * hold tokens and have a checksum: keep them readable for the device alone. `store` must return 0 only when the record
 * will still be there after the power goes, and a cut must leave the whole old or the whole new record. The promise
 * that no press is ordered twice or lost rests on it.
 */
struct replenish_core_callbacks {
  /* The time now. */
  void (*now)(void *userdata, struct replenish_core_moment *moment);
  /* Unpredictable bytes; 0, or a negative errno if none can be had. Null: libcrypto's generator, seeded by the
   * kernel. */
  int (*random)(void *userdata, void *bytes, size_t size);
  /* Copies the newest copy of a record to `bytes`, which has room for REPLENISH_CORE_RECORD_MAX, and returns its
   * length. -ENOENT: there is none. -EBADMSG: there are copies, and none is whole. Another negative errno: it cannot
   * be read now; the device then touches no record at all. Called during replenish_core_start, once for each record. */
  int (*load)(void *userdata, const char *record, void *bytes, size_t room);
  /* Replaces a record durably; 0, or a negative errno. */
  int (*store)(void *userdata, const char *record, const void *bytes, size_t size);
  /* Removes every copy of a record durably; 0, also if there was none, or a negative errno. */
  int (*remove)(void *userdata, const char *record);
  /* Begins an HTTPS request: certificate and host name checked, TLS 1.2 or later, no redirects, each sent ONCE (no
   * retry of the HTTP library's own). Returns 0, and its end is told with replenish_core_answer or
   * replenish_core_answer_failed, also during this callback; or a negative errno if it was not begun. */
  int (*request)(void *userdata, const struct replenish_core_request *request);
  /* Becomes visible to phones and accepts one; 0, or a negative errno. */
  int (*open_window)(void *userdata);
  /* Vanishes: no advertising, no phone. */
  void (*close_window)(void *userdata);
  /* Sends one ATT packet to the phone. */
  void (*send)(void *userdata, const void *packet, size_t size);
  /* Ends the phone's connection once what was sent has left. */
  void (*disconnect)(void *userdata);
};

/* ------------------------------------------------------------------------------------------------------- The core */

typedef struct replenish_core replenish_core;

/* The record that replenish-factory made for this device, as bytes; without it no phone can link. -EINVAL if it is
 * none. */
int replenish_config_set_setup_record_data(replenish_config *config, const void *bytes, size_t size);

/* The earliest time that can be right, for example when the firmware was built; the library's own build time if not
 * set. */
int replenish_config_set_clock_floor(replenish_config *config, int64_t clock);

/* Makes a core in *core, with one reference. It does nothing until replenish_core_start. `size` is sizeof
 * *callbacks; `userdata` is given to each callback. -EINVAL, with the reason in replenish_config_get_error(config),
 * if a required setting or callback is missing. */
int replenish_core_new(
    replenish_core **core, replenish_config *config, const struct replenish_core_callbacks *callbacks, size_t size,
    void *userdata);

/* Takes one more reference; returns the core. Takes a null pointer. */
replenish_core *replenish_core_ref(replenish_core *core);

/* Gives a reference back; the last one frees the core. Nothing needs to be ended before: what is durable is all
 * there is. Takes a null pointer. Returns a null pointer. */
replenish_core *replenish_core_unref(replenish_core *core);

/* Starts from the records. `boot` names this boot, so that a time of the last one is not taken for one of this (the
 * text of /proc/sys/kernel/random/boot_id); null or "" if the board has no such name: each start then counts as
 * another boot. -EALREADY if it was started. */
int replenish_core_start(replenish_core *core, const char *boot);

/* The uptime in milliseconds at which replenish_core_wake is to be called, in *uptime: 1, or 0 if nothing but an event
 * matters. It can change with every other call. */
int replenish_core_get_deadline(replenish_core *core, uint64_t *uptime);

/* The next event in *event: 1, or 0 if there is none. Free it with replenish_event_free. */
int replenish_core_next_event(replenish_core *core, replenish_event **event);

/* Why the last call with this core failed; "" if none has. Valid until the next call with it. A null pointer for a
 * null core. */
const char *replenish_core_get_error(const replenish_core *core);

/* ------------------------------------------------------------------------------------ What the firmware tells the core
 *
 * Each returns 0, -EBADFD before the start, or what stands beside it.
 */

/* The deadline has passed, or the board's clock was set. */
int replenish_core_wake(replenish_core *core);

/* A button of a slot went down (not 0) or up (0), debounced. -ENOENT if there is no such slot. */
int replenish_core_button(replenish_core *core, const char *slot, int is_down);

/* An answer to a request, whole. Texts are null where the answer has no such field. */
struct replenish_core_answer {
  const char *content_type; /* Content-Type */
  const char *error_type;   /* x-amzn-errortype */
  const char *request_id;   /* x-amzn-requestid */
  const void *body;
  size_t body_size;
  int status;               /* the status code */
  int retry_after;          /* the seconds of Retry-After; -1 where it is absent or a date */
};

/* The service answered the request `id`. An id that is not under way is passed over. */
int replenish_core_answer(replenish_core *core, uint32_t id, const struct replenish_core_answer *answer, size_t size);

enum replenish_core_failure {
  REPLENISH_CORE_NAME_NOT_RESOLVED = 0,
  REPLENISH_CORE_NOT_CONNECTED = 1,       /* refused, unreachable, or timed out before the connection stood */
  REPLENISH_CORE_CERTIFICATE_REFUSED = 2, /* not trusted, not for this host, or not valid now */
  REPLENISH_CORE_TLS_FAILED = 3,
  REPLENISH_CORE_BROKEN = 4,              /* the connection broke, or the time ran out, after it stood */
  REPLENISH_CORE_ANSWER_TOO_LARGE = 5,
  REPLENISH_CORE_LOCAL = 6                /* for want of memory, for instance */
};

/* No whole answer came to the request `id`: `reason` is an enum replenish_core_failure, and `may_have_been_sent` is
 * 0 only if it is certain that no byte of the request reached the service. If in doubt, it is not 0: an order is
 * then not sent twice. */
int replenish_core_answer_failed(replenish_core *core, uint32_t id, int reason, int may_have_been_sent);

/* A phone connected, while the window is open. Refuse a second one while one is connected. */
int replenish_core_phone_connected(replenish_core *core);

/* An ATT packet came from the phone, of 1 to 517 bytes. */
int replenish_core_phone_packet(replenish_core *core, const void *packet, size_t size);

/* The phone is gone, whoever ended the connection. */
int replenish_core_phone_disconnected(replenish_core *core);

/* What to advertise while the window is open: the advertisement and the scan response, each up to 31 bytes, to
 * `data`, which has room for `room` bytes. Returns the length; -ERANGE if there is less room, -ENOKEY without a
 * setup record. `company` is the maker's number from the Bluetooth SIG; `name` is what a phone's list shows. */
int replenish_core_get_advertisement(replenish_core *core, uint16_t company, void *data, size_t room);
int replenish_core_get_scan_response(replenish_core *core, const char *name, void *data, size_t room);

/* --------------------------------------------------------------------------------------------- What is asked of it
 *
 * The same as in replenish.h, with the same answers: see replenish_device_press and what follows it there.
 */
int replenish_core_press(replenish_core *core, const char *slot, uint64_t *request);
int replenish_core_open_setup(replenish_core *core, uint64_t *request);
int replenish_core_unlink(replenish_core *core, uint64_t *request);
int replenish_core_erase(replenish_core *core, uint64_t *request);
int replenish_core_query_slots(replenish_core *core, uint64_t *request);
int replenish_core_query_order(replenish_core *core, const char *instance_id, uint64_t *request);
int replenish_core_cancel_test_orders(replenish_core *core, const char *slot, uint64_t *request);
int replenish_core_report_slot_status(
    replenish_core *core, const char *slot, const struct replenish_slot_status *status, size_t size, uint64_t *request);

int replenish_core_get_status(replenish_core *core, struct replenish_status *status, size_t size);
int replenish_core_get_status_json(replenish_core *core, const char **json);
int replenish_core_get_press(replenish_core *core, size_t index, struct replenish_press *press, size_t size);
int replenish_core_get_light(replenish_core *core, const char *slot);

#ifdef __cplusplus
}
#endif
#endif
