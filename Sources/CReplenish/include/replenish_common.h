/*
 * replenish_common.h - what both C front doors of ReplenishKit share: settings, events, answers, reports.
 *
 * Include replenish.h (the whole device: library libreplenish) or replenish_core.h (the state machine alone, for
 * firmware with its own HTTP and Bluetooth: library libreplenish-core). A program links one of the two libraries.
 *
 * These rules hold for every function of the three headers; what a function adds to them stands beside it.
 *
 * Errors     A function that can fail returns an int: 0 or a positive number if it did what it says, else a negative
 *            errno, -EINVAL for instance. Then every output is as it was before the call, and replenish_*_get_error()
 *            of the object has the reason in one line: what was wrong, where, and what to do.
 *            -EINVAL always means a call that the firmware must not make: a null pointer where none may be, text that
 *            is no UTF-8, a structure smaller than its first version, a value outside its range. -EBUSY means a call
 *            from the log function, -ESHUTDOWN that the device is closed, -EBADFD that it is not started yet.
 * Null       Every function takes a null pointer for the object: it returns -EINVAL, or the empty answer that stands
 *            beside it (a null pointer, 0). A pointer to an object that was freed already cannot be recognized.
 * Ownership  What *_new and *_next_event hand out belongs to the caller, who gives it back once with *_unref or *_free.
 *            These return a null pointer, so that `device = replenish_device_unref(device);` leaves no dangling one.
 *            The library copies what it is given: nothing that the caller passes needs to live longer than the call.
 * Text       `const char *` is UTF-8, ends with a zero byte, is a single line, and belongs to the object it came from.
 *            It is valid as long as stands beside the function; if nothing does, as long as the object.
 * Structures The caller passes sizeof of the structure it was compiled with. A newer library has members at the end
 *            that an older program does not know: it leaves them out. An older library sets the members that it does
 *            not know to zero, and refuses them with -E2BIG where they are an input that is not zero.
 * Units      Seconds where nothing else stands beside it. A time is in seconds since 1970-01-01 UTC. An age or duration
 *            that is not known is -1.
 * Threads    Call the library from one thread at a time: from one thread, or under one lock of the firmware's own,
 *            whichever objects are concerned. It starts no thread (libcurl resolves names on one of its own), takes no
 *            lock, and keeps no state outside of its objects: any number of devices may be in one process. After fork()
 *            only the parent goes on using it, and the child must exec or exit.
 * Callbacks  A function of the firmware's that the library calls must return: no longjmp() or C++ exception out of it.
 * Signals    It handles and blocks none. libcurl before 7.87 can raise SIGPIPE: with such a one, ignore it.
 * Memory     posix_memalign() and free() of the C library. If memory runs out, or a fault of the library's own is found
 *            by an arithmetic check, the process is ended by a trap (SIGILL or SIGTRAP): it never goes on with a wrong
 *            state. What comes from the network, from a phone, from the disk or through this interface is checked and
 *            does not trap. Records are written so that a device that ends at any instant loses and doubles nothing.
 */
#ifndef REPLENISH_COMMON_H
#define REPLENISH_COMMON_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version that the program is compiled with. */
#define REPLENISH_VERSION "0.1.0"

/* The version that the program runs with. Valid for ever. */
const char *replenish_version(void);

/* ---------------------------------------------------------------------------------------------------------- Settings
 *
 * An opaque object with a function for each setting, and not a structure: each value is checked where it is set, slots
 * and serial sources can be any number, and a new setting is a new function, which no existing program notices. Making
 * a device copies everything: the configuration can then be freed, or changed and used for another device.
 *
 * Required: a model, a serial number, one slot; replenish.h and replenish_core.h each add what they require.
 */
typedef struct replenish_config replenish_config;

/* Makes an empty configuration in *config. Free it with replenish_config_free. */
int replenish_config_new(replenish_config **config);

/* Frees the configuration. Takes a null pointer. Returns a null pointer. */
replenish_config *replenish_config_free(replenish_config *config);

/* Why the last call failed that was given this configuration, *_new of a device among them; "" if none has. Valid
 * until the next call with this configuration. A null pointer for a null configuration. */
const char *replenish_config_get_error(const replenish_config *config);

/* The device model id from the Dash console: 1 to 63 of A-Z a-z 0-9 + - _. */
int replenish_config_set_model(replenish_config *config, const char *model);

/* The serial number of this one device: 1 to 50 of A-Z a-z 0-9. Never the Bluetooth address. */
int replenish_config_set_serial(replenish_config *config, const char *serial);

/* Adds a slot, a thing that can be ordered; 1 to 16 of them. `name` is what the other functions call it and what
 * people read; `slot_id` is the slot id from the Dash console, or null if it is the same. -EEXIST if there is a slot
 * of that name. */
int replenish_config_add_slot(replenish_config *config, const char *name, const char *slot_id);

/* The only Login with Amazon client id that a phone may link with. Null (the default) accepts any: do not ship that. */
int replenish_config_set_client_id(replenish_config *config, const char *client_id);

enum replenish_region {
  REPLENISH_REGION_NORTH_AMERICA = 0, /* the default, and the only one documented for Dash Replenishment */
  REPLENISH_REGION_EUROPE = 1,
  REPLENISH_REGION_FAR_EAST = 2
};

/* Whose hosts of Login with Amazon are used, an enum replenish_region. Hosts that were set are set anew. */
int replenish_config_set_region(replenish_config *config, int region);

/* Other hosts than the region's, for tests for instance: where tokens are redeemed, and where orders go. Each is
 * "https://host[:port][/path]", or null to leave it as it is. */
int replenish_config_set_hosts(replenish_config *config, const char *token_host, const char *service_host);

/* The scope that the phone asks for; "dash:replenish" if it is not set. */
int replenish_config_set_scope(replenish_config *config, const char *scope);

/* Not 0: the phone registers a test device, whose orders cost nothing and ship nothing. The default is 0. */
int replenish_config_set_test_device(replenish_config *config, int is_test_device);

/* Not 0: the phone may register a model that Amazon has not certified yet. The default is 0. */
int replenish_config_set_non_live(replenish_config *config, int includes_non_live);

/* How long a setup window stays open: 1 to 600 seconds, 600 if it is not set. */
int replenish_config_set_setup_window(replenish_config *config, int seconds);

/* Whether a device that is linked to nobody opens the window once when it starts. The default is yes. */
int replenish_config_set_setup_at_start(replenish_config *config, int opens_at_start);

/* How long a press stays wanted while it cannot be ordered: 0 to 2592000 seconds, 86400 if it is not set. */
int replenish_config_set_press_life(replenish_config *config, int seconds);

/* An access token with less life left than this is renewed before a call: 0 to 86400 seconds, 300 if it is not set. */
int replenish_config_set_token_margin(replenish_config *config, int seconds);

/* Not 0: the access token is renewed before it is needed, so that a press finds a valid one; costs a wake-up each
 * hour. */
int replenish_config_set_refresh_ahead(replenish_config *config, int refreshes_ahead);

/* Called with each line that a log should have. `priority` is that of syslog(3), LOG_ERR (3) to LOG_INFO (6); `text`
 * is one line without a line end and without secrets, valid during the call. It runs on the thread that called the
 * library. It must not call the device that it belongs to, which answers -EBUSY. */
typedef void (*replenish_log)(void *userdata, int priority, const char *text);

/* Where log lines go; null (the default) for nowhere. `userdata` is given to each call, and must live as long as the
 * devices. */
int replenish_config_set_log(replenish_config *config, replenish_log log, void *userdata);

/* ---------------------------------------------------------------------------------------------------------- Events
 *
 * All that a device has to say comes as events, answers to what was asked among them: one queue for a firmware's loop
 * to empty, and no callback into the firmware at a time it did not choose. Take them with replenish_device_next_event
 * or replenish_core_next_event until there are none.
 *
 * An event is the caller's: it and its texts stay valid until replenish_event_free, also beyond the device.
 * At most 256 events wait; beyond, the oldest that is no answer is dropped. An answer is never dropped: while 64 of
 * them wait, new questions are refused with -EAGAIN.
 */
typedef struct replenish_event replenish_event;

enum replenish_event_type {
  REPLENISH_EVENT_NONE = 0,

  /* What happened. */
  REPLENISH_EVENT_LINKED = 1,         /* an Amazon account stands behind the device: it can order */
  REPLENISH_EVENT_UNLINKED = 2,       /* none does any more; the text says why */
  REPLENISH_EVENT_DEREGISTERED = 3,   /* the registration of an ended link is gone at the service, or was given up */
  REPLENISH_EVENT_ERASED = 4,         /* a factory reset is complete */
  REPLENISH_EVENT_PRESS = 5,          /* a press came further; see replenish_event_get_press */
  REPLENISH_EVENT_SETUP_OPENED = 6,   /* the setup window opened; the value is its length in seconds */
  REPLENISH_EVENT_SETUP_CLOSED = 7,   /* the setup window closed */
  REPLENISH_EVENT_SETUP_GUESSED = 8,  /* a phone tries a setup code; the value is the count without success */
  REPLENISH_EVENT_SETUP_PROVED = 9,   /* a phone proved the setup code */
  REPLENISH_EVENT_LINKING_FAILED = 10,/* linking failed; the text says why and what to do */
  REPLENISH_EVENT_CLOCK_SET = 11,     /* the board's clock can be right now */
  REPLENISH_EVENT_IDENTIFY = 12,      /* asked which device this is, by a phone or through the cloud: blink, beep */
  REPLENISH_EVENT_FAULT = 13,         /* something needs a person; the text says what */
  REPLENISH_EVENT_LIGHT = 14,         /* a slot's light changed; the value is an enum replenish_light */

  /* The answer to a question, with its request number. */
  REPLENISH_EVENT_DONE = 64,          /* done, or begun where the work goes on by itself */
  REPLENISH_EVENT_NOTED = 65,         /* the press is on disk: it is ordered once, or shown as what became of it */
  REPLENISH_EVENT_SLOTS = 66,         /* rows: what each slot is subscribed to */
  REPLENISH_EVENT_ORDER = 67,         /* rows: the items of an order */
  REPLENISH_EVENT_CANCELLED = 68,     /* rows: what became of the test orders of each slot */
  REPLENISH_EVENT_REFUSED = 69        /* not done; see replenish_event_get_error and the text */
};

/* Frees the event. Takes a null pointer. Returns a null pointer. */
replenish_event *replenish_event_free(replenish_event *event);

/* An enum replenish_event_type; more may come in later versions. REPLENISH_EVENT_NONE for a null pointer. */
int replenish_event_get_type(const replenish_event *event);

/* The number of the question that this answers; 0 if it is no answer. */
uint64_t replenish_event_get_request(const replenish_event *event);

/* For REPLENISH_EVENT_REFUSED a negative errno:
 *   -ENOENT       no such slot is configured
 *   -ENOTCONN     no Amazon account is linked
 *   -ENOKEY       the device has no setup record from its factory, so no phone could link it
 *   -EIO          a record could not be written
 *   -EHOSTUNREACH the service could not be reached
 *   -EREMOTEIO    the service refused
 *   -EBADMSG      the service's answer could not be understood
 *   -EAGAIN       the clock is not set yet
 *   -EBUSY        something else of the same kind is under way
 *   -EPERM        the caller may not do that
 *   -EINVAL       the question itself was wrong
 * 0 for every other event. */
int replenish_event_get_error(const replenish_event *event);

/* What happened, as a line for a log or a display. Never null for an event. */
const char *replenish_event_get_text(const replenish_event *event);

/* The name of the slot that it concerns; null if it concerns none. */
const char *replenish_event_get_slot(const replenish_event *event);

/* The number that the list of types gives some of them; else 0. */
int64_t replenish_event_get_value(const replenish_event *event);

enum replenish_press_state {
  REPLENISH_PRESS_NOTED = 1,           /* on disk, not sent yet */
  REPLENISH_PRESS_SENDING = 2,         /* a request may have left; its answer is awaited */
  REPLENISH_PRESS_ORDERED = 3,         /* final from here on: the service placed an order */
  REPLENISH_PRESS_TEST_ORDERED = 4,    /* a test order: no charge, no shipment */
  REPLENISH_PRESS_ALREADY_ORDERED = 5, /* nothing was placed: an order for the slot is still open */
  REPLENISH_PRESS_EXPIRED = 6,         /* it grew too old before it could be sent */
  REPLENISH_PRESS_VOID = 7,            /* the link it was made under has ended */
  REPLENISH_PRESS_IN_DOUBT = 8,        /* whether it was ordered cannot be known; it is never sent again */
  REPLENISH_PRESS_REFUSED = 9          /* the service refused it for good */
};

/* The word for a state, "test-ordered" for instance, as replenishctl writes it. "unknown" for another number. Valid for
 * ever. */
const char *replenish_press_state_name(int state);

/* What became of one press. */
struct replenish_press {
  const char *slot;        /* the name of the slot */
  const char *id;          /* 32 hexadecimal digits */
  const char *instance_id; /* the service's name for the order; null where there is none */
  const char *reason;      /* why, in a line for a person; "" where the state says all */
  int64_t age;             /* seconds since the press; -1 where that cannot be known */
  int state;               /* an enum replenish_press_state */
};

/* Fills *press for REPLENISH_EVENT_PRESS and REPLENISH_EVENT_NOTED; -ENODATA for other events. The texts are the
 * event's. */
int replenish_event_get_press(const replenish_event *event, struct replenish_press *press, size_t size);

/* What one slot is subscribed to. */
struct replenish_subscription {
  const char *slot;     /* the slot's id */
  size_t product_count; /* its products; 0 where the service names none */
  int is_subscribed;    /* 1 if a press of it can order */
};

/* A product chosen for a slot. */
struct replenish_product {
  const char *asin; /* Amazon's number of the product */
  const char *unit; /* the unit of quantity, "count" for instance */
  double quantity;  /* what one order brings */
};

/* An item of an order. */
struct replenish_order_item {
  const char *asin;              /* Amazon's number of the product */
  const char *slot;              /* the slot's id */
  const char *status;            /* the service's word, "Shipped" for instance */
  const char *expected_delivery; /* ISO 8601 as the service writes it; null if it does not say */
  double quantity;
};

/* What became of the test orders of one slot. */
struct replenish_cancelled_slot {
  const char *slot;   /* the slot's id */
  const char *status; /* the service's word */
};

/* The rows of REPLENISH_EVENT_SLOTS, REPLENISH_EVENT_ORDER or REPLENISH_EVENT_CANCELLED; 0 for other events. */
size_t replenish_event_get_count(const replenish_event *event);

/* Each fills the structure from row `index`, counted from 0. -ENODATA if the event has rows of another kind or none,
 * -ENOENT if it has no such row. The texts are the event's. */
int replenish_event_get_subscription(
    const replenish_event *event, size_t index, struct replenish_subscription *subscription, size_t size);
int replenish_event_get_product(
    const replenish_event *event, size_t index, size_t product_index, struct replenish_product *product, size_t size);
int replenish_event_get_order_item(
    const replenish_event *event, size_t index, struct replenish_order_item *item, size_t size);
int replenish_event_get_cancelled_slot(
    const replenish_event *event, size_t index, struct replenish_cancelled_slot *slot, size_t size);

/* ---------------------------------------------------------------------------------------------------------- Lights */

/* What a slot's light says. */
enum replenish_light {
  REPLENISH_LIGHT_OFF = 0,
  REPLENISH_LIGHT_NOTED = 1,           /* the press is on disk and on its way */
  REPLENISH_LIGHT_ORDERED = 2,
  REPLENISH_LIGHT_ALREADY_ORDERED = 3, /* nothing ordered: an order is still open */
  REPLENISH_LIGHT_RETRYING = 4,        /* not ordered yet; the device tries again by itself */
  REPLENISH_LIGHT_IN_DOUBT = 5,        /* look at Amazon before pressing again */
  REPLENISH_LIGHT_NOT_ORDERED = 6,     /* and will not be; press again if it is still wanted */
  REPLENISH_LIGHT_NEEDS_LINKING = 7,
  REPLENISH_LIGHT_SETUP_OPEN = 8,
  REPLENISH_LIGHT_LINKING = 9,         /* a phone is connected and linking */
  REPLENISH_LIGHT_IDENTIFY = 10,       /* asked which device this is */
  REPLENISH_LIGHT_FAULT = 11           /* the device needs a person: the log says why */
};

/* ---------------------------------------------------------------------------------------------------------- Status */

enum replenish_link {
  REPLENISH_LINK_NONE = 0,              /* no account, the setup window is shut */
  REPLENISH_LINK_SETUP_OPEN = 1,        /* no account, the setup window is open */
  REPLENISH_LINK_LINKING = 2,           /* a phone has proved the setup code; the owner logs in */
  REPLENISH_LINK_PROVING = 3,           /* tokens are on disk; the refresh token is being proved */
  REPLENISH_LINK_LINKED = 4,            /* it can order */
  REPLENISH_LINK_WAITING_FOR_CLOCK = 5, /* linked, but the clock is not set */
  REPLENISH_LINK_UNLINKING = 6,         /* the owner ended the link; the service is still to be told */
  REPLENISH_LINK_ERASING = 7            /* a factory reset is being finished */
};

/* The word for a link state, "waiting-for-clock" for instance. "unknown" for another number. Valid for ever. */
const char *replenish_link_name(int link);

/* How a device is. Holds no secret. */
struct replenish_status {
  const char *failure;    /* what went wrong last, in a line; null if nothing has since the start */
  int64_t failure_age;    /* seconds since then; -1 where that cannot be known */
  int64_t refresh_age;    /* seconds since the tokens were renewed; -1 if they were not since the start */
  int64_t generation;     /* which link this is, counted from 1; 0 while there is none */
  int64_t window_seconds; /* until the setup window shuts; -1 while it is shut */
  int64_t guess_wait;     /* seconds until a phone may try a setup code again; 0 if it may now */
  int failed_guesses;     /* setup codes tried in vain since the last right one */
  int link;               /* an enum replenish_link */
  int is_sealed;          /* 1 if a key of the board seals the tokens, 0 if file permissions alone protect them */
  int is_test_device;     /* 1 if it orders nothing real */
  int has_setup_record;   /* 1 if the factory's record is there; without it no phone can link the device */
  int is_clock_plausible; /* 1 if the board's clock can be right */
};

/* How much is left in a slot, for the service. What is not known is negative (REPLENISH_UNKNOWN) and is not sent;
 * all are unknown at first in a structure from REPLENISH_SLOT_STATUS_INIT. Quantities are in units of the product, 0
 * to 1e9. */
struct replenish_slot_status {
  double remaining;              /* what is loaded and unused */
  double original;               /* what a full container holds */
  double on_hand;                /* the stock that is not loaded */
  int64_t last_use;              /* when it was used last */
  int64_t expected_replenishment;/* when it will run out */
};
#define REPLENISH_UNKNOWN (-1)
#define REPLENISH_SLOT_STATUS_INIT \
  { REPLENISH_UNKNOWN, REPLENISH_UNKNOWN, REPLENISH_UNKNOWN, REPLENISH_UNKNOWN, REPLENISH_UNKNOWN }

#ifdef __cplusplus
}
#endif
#endif
