// Calls replenish.h in every wrong way that a firmware might, and some right ones: nothing crashes, each error is the
// documented one, and outputs stay as they were. Needs no network. Run it under valgrind.
//
// usage: api FOLDER     (an empty folder of its own)
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <replenish.h>

#include "check.h"

static const char *folder;
static int log_lines, log_dispatch;
static replenish_device *logged_device;

static void log_line(void *userdata, int priority, const char *text) {
  CHECK(userdata == &log_lines);
  CHECK(priority >= 3 && priority <= 6);
  CHECK(text != NULL && strchr(text, '\n') == NULL);
  log_lines++;
  if (logged_device != NULL) log_dispatch = replenish_device_dispatch(logged_device);
}

static const char *path(const char *name) {
  static char text[PATH_MAX];
  snprintf(text, sizeof text, "%s/%s", folder, name);
  return text;
}

static replenish_config *usable(const char *state) {
  replenish_config *config = NULL;
  CHECK_IS(replenish_config_new(&config), 0);
  CHECK_IS(replenish_config_set_model(config, "Brewer3"), 0);
  CHECK_IS(replenish_config_set_serial(config, "ABC123"), 0);
  CHECK_IS(replenish_config_add_slot(config, "beans", "CoffeeBeans"), 0);
  CHECK_IS(replenish_config_add_slot(config, "filter", NULL), 0);
  CHECK_IS(replenish_config_set_state_folder(config, path(state)), 0);
  return config;
}

static replenish_device *made(const char *state) {
  replenish_config *config = usable(state);
  replenish_device *device = NULL;
  CHECK_IS(replenish_device_new(&device, config), 0);
  CHECK(device != NULL);
  CHECK(replenish_config_free(config) == NULL);
  return device;
}

static int is_readable(int file) {
  struct pollfd wait;
  wait.fd = file;
  wait.events = POLLIN;
  return poll(&wait, 1, 0) == 1;
}

// Takes events until the answer to a request came, and gives that one back.
static replenish_event *answer(replenish_device *device, uint64_t request) {
  replenish_event *event;
  while (replenish_device_next_event(device, &event) == 1) {
    if (replenish_event_get_request(event) == request) return event;
    replenish_event_free(event);
  }
  CHECK(!"the answer came");
  return NULL;
}

static void drop_events(replenish_device *device) {
  replenish_event *event;
  while (replenish_device_next_event(device, &event) == 1) replenish_event_free(event);
}

static void null_objects(void) {
  replenish_event *event = NULL;
  struct replenish_slot_status slot = REPLENISH_SLOT_STATUS_INIT;
  struct replenish_status status;
  struct replenish_press press;
  struct replenish_subscription subscription;
  struct replenish_product product;
  struct replenish_order_item item;
  struct replenish_cancelled_slot cancelled;
  const char *json = NULL;
  uint64_t request = 7;

  CHECK_TEXT(replenish_version(), REPLENISH_VERSION);
  CHECK_IS(replenish_config_new(NULL), -EINVAL);
  CHECK(replenish_config_free(NULL) == NULL);
  CHECK(replenish_config_get_error(NULL) == NULL);
  CHECK_IS(replenish_config_set_model(NULL, "a"), -EINVAL);
  CHECK_IS(replenish_config_set_serial(NULL, "a"), -EINVAL);
  CHECK_IS(replenish_config_add_slot(NULL, "a", NULL), -EINVAL);
  CHECK_IS(replenish_config_set_client_id(NULL, NULL), -EINVAL);
  CHECK_IS(replenish_config_set_region(NULL, 0), -EINVAL);
  CHECK_IS(replenish_config_set_hosts(NULL, NULL, NULL), -EINVAL);
  CHECK_IS(replenish_config_set_scope(NULL, "a"), -EINVAL);
  CHECK_IS(replenish_config_set_test_device(NULL, 1), -EINVAL);
  CHECK_IS(replenish_config_set_non_live(NULL, 1), -EINVAL);
  CHECK_IS(replenish_config_set_setup_window(NULL, 1), -EINVAL);
  CHECK_IS(replenish_config_set_setup_at_start(NULL, 1), -EINVAL);
  CHECK_IS(replenish_config_set_press_life(NULL, 1), -EINVAL);
  CHECK_IS(replenish_config_set_token_margin(NULL, 1), -EINVAL);
  CHECK_IS(replenish_config_set_refresh_ahead(NULL, 1), -EINVAL);
  CHECK_IS(replenish_config_set_log(NULL, NULL, NULL), -EINVAL);
  CHECK_IS(replenish_config_set_state_folder(NULL, "/a"), -EINVAL);
  CHECK_IS(replenish_config_add_serial_source(NULL, 0, "/a"), -EINVAL);
  CHECK_IS(replenish_config_set_setup_record(NULL, NULL), -EINVAL);
  CHECK_IS(replenish_config_set_seal_key_file(NULL, NULL), -EINVAL);
  CHECK_IS(replenish_config_set_ca_file(NULL, NULL), -EINVAL);
  CHECK_IS(replenish_config_set_phone_socket(NULL, NULL), -EINVAL);
  CHECK_IS(replenish_config_set_control_socket(NULL, NULL, NULL, NULL), -EINVAL);
  CHECK_IS(replenish_config_set_cloud(NULL, NULL, NULL, NULL), -EINVAL);
  CHECK_IS(replenish_config_set_cloud_downlink(NULL, 1), -EINVAL);
  CHECK_IS(replenish_device_renew_key(NULL, NULL), -EINVAL);

  CHECK_IS(replenish_device_new(NULL, NULL), -EINVAL);
  CHECK(replenish_device_ref(NULL) == NULL);
  CHECK(replenish_device_unref(NULL) == NULL);
  CHECK_IS(replenish_device_start(NULL), -EINVAL);
  CHECK_IS(replenish_device_close(NULL), -EINVAL);
  CHECK_IS(replenish_device_get_fd(NULL), -EINVAL);
  CHECK_IS(replenish_device_dispatch(NULL), -EINVAL);
  CHECK_IS(replenish_device_next_event(NULL, &event), -EINVAL);
  CHECK(replenish_device_get_error(NULL) == NULL);
  CHECK_IS(replenish_device_press(NULL, "beans", &request), -EINVAL);
  CHECK_IS(replenish_device_open_setup(NULL, &request), -EINVAL);
  CHECK_IS(replenish_device_unlink(NULL, &request), -EINVAL);
  CHECK_IS(replenish_device_erase(NULL, &request), -EINVAL);
  CHECK_IS(replenish_device_query_slots(NULL, &request), -EINVAL);
  CHECK_IS(replenish_device_query_order(NULL, "a", &request), -EINVAL);
  CHECK_IS(replenish_device_cancel_test_orders(NULL, NULL, &request), -EINVAL);
  CHECK_IS(replenish_device_report_slot_status(NULL, "beans", &slot, sizeof slot, &request), -EINVAL);
  CHECK_IS(replenish_device_get_status(NULL, &status, sizeof status), -EINVAL);
  CHECK_IS(replenish_device_get_status_json(NULL, &json), -EINVAL);
  CHECK_IS(replenish_device_get_press(NULL, 0, &press, sizeof press), -EINVAL);
  CHECK_IS(replenish_device_get_light(NULL, "beans"), -EINVAL);
  CHECK(replenish_device_get_model(NULL) == NULL);
  CHECK(replenish_device_get_serial(NULL) == NULL);
  CHECK(replenish_device_get_serial_source(NULL) == NULL);
  CHECK_IS(replenish_device_button(NULL, "beans", 1), -EINVAL);
  CHECK_IS(replenish_device_attach_gpio_button(NULL, "beans", "/dev/null", 0, 1), -EINVAL);
  CHECK_IS(replenish_device_attach_key(NULL, "beans", "/dev/null", 1), -EINVAL);
  CHECK_IS(replenish_device_attach_gpio_light(NULL, "beans", "/dev/null", 0, 1), -EINVAL);
  CHECK_IS(replenish_device_attach_led(NULL, "beans", "led"), -EINVAL);

  CHECK(replenish_event_free(NULL) == NULL);
  CHECK_IS(replenish_event_get_type(NULL), REPLENISH_EVENT_NONE);
  CHECK_IS(replenish_event_get_request(NULL), 0);
  CHECK_IS(replenish_event_get_error(NULL), 0);
  CHECK(replenish_event_get_text(NULL) == NULL);
  CHECK(replenish_event_get_slot(NULL) == NULL);
  CHECK_IS(replenish_event_get_value(NULL), 0);
  CHECK_IS(replenish_event_get_count(NULL), 0);
  CHECK_IS(replenish_event_get_press(NULL, &press, sizeof press), -EINVAL);
  CHECK_IS(replenish_event_get_subscription(NULL, 0, &subscription, sizeof subscription), -EINVAL);
  CHECK_IS(replenish_event_get_product(NULL, 0, 0, &product, sizeof product), -EINVAL);
  CHECK_IS(replenish_event_get_order_item(NULL, 0, &item, sizeof item), -EINVAL);
  CHECK_IS(replenish_event_get_cancelled_slot(NULL, 0, &cancelled, sizeof cancelled), -EINVAL);

  CHECK(event == NULL && json == NULL && request == 7);
  CHECK_TEXT(replenish_press_state_name(REPLENISH_PRESS_TEST_ORDERED), "test-ordered");
  CHECK_TEXT(replenish_press_state_name(-1), "unknown");
  CHECK_TEXT(replenish_link_name(REPLENISH_LINK_WAITING_FOR_CLOCK), "waiting-for-clock");
  CHECK_TEXT(replenish_link_name(INT_MAX), "unknown");
}

static void wrong_settings(void) {
  static const char not_utf8[] = {'/', 't', 'm', 'p', '/', (char)0xFF, 'x', 0};
  char name[200];
  replenish_config *config = usable("settings");
  int index;

  CHECK_TEXT(replenish_config_get_error(config), "");
  CHECK_IS(replenish_config_set_model(config, NULL), -EINVAL);
  CHECK_IS(replenish_config_set_model(config, ""), -EINVAL);
  CHECK_IS(replenish_config_set_model(config, "no spaces"), -EINVAL);
  CHECK_TEXT(replenish_config_get_error(config), "a space at position 3");
  CHECK_IS(replenish_config_set_serial(config, "a-b"), -EINVAL);
  CHECK_IS(replenish_config_add_slot(config, NULL, NULL), -EINVAL);
  CHECK_IS(replenish_config_add_slot(config, "", NULL), -EINVAL);
  CHECK_IS(replenish_config_add_slot(config, "a b", NULL), -EINVAL);
  CHECK_IS(replenish_config_add_slot(config, "a", ".."), -EINVAL);
  CHECK_IS(replenish_config_add_slot(config, "a", not_utf8), -EINVAL);
  CHECK_IS(replenish_config_add_slot(config, "beans", "other"), -EEXIST);
  CHECK_TEXT(replenish_config_get_error(config), "two slots are named 'beans'");
  memset(name, 'x', sizeof name - 1);
  name[sizeof name - 1] = 0;
  CHECK_IS(replenish_config_add_slot(config, name, NULL), -EINVAL);
  for (index = 2; index < 16; index++) {
    snprintf(name, sizeof name, "slot%d", index);
    CHECK_IS(replenish_config_add_slot(config, name, NULL), 0);
  }
  CHECK_IS(replenish_config_add_slot(config, "one-more", NULL), -EINVAL);
  CHECK_IS(replenish_config_set_region(config, 3), -EINVAL);
  CHECK_IS(replenish_config_set_region(config, -1), -EINVAL);
  CHECK_IS(replenish_config_set_region(config, REPLENISH_REGION_EUROPE), 0);
  CHECK_IS(replenish_config_set_hosts(config, "http://plain.example", NULL), -EINVAL);
  CHECK_IS(replenish_config_set_hosts(config, NULL, "https://"), -EINVAL);
  CHECK_IS(replenish_config_set_hosts(config, "https://a.example", "https://b.example:8443"), 0);
  CHECK_IS(replenish_config_set_scope(config, NULL), -EINVAL);
  CHECK_IS(replenish_config_set_setup_window(config, 0), -EINVAL);
  CHECK_IS(replenish_config_set_setup_window(config, 601), -EINVAL);
  CHECK_IS(replenish_config_set_press_life(config, -1), -EINVAL);
  CHECK_IS(replenish_config_set_press_life(config, INT_MAX), -EINVAL);
  CHECK_IS(replenish_config_set_token_margin(config, INT_MIN), -EINVAL);
  CHECK_IS(replenish_config_set_state_folder(config, NULL), -EINVAL);
  CHECK_IS(replenish_config_set_state_folder(config, not_utf8), -EINVAL);
  CHECK_IS(replenish_config_add_serial_source(config, 9, NULL), -EINVAL);
  CHECK_IS(replenish_config_add_serial_source(config, REPLENISH_SERIAL_FILE, NULL), -EINVAL);
  CHECK_IS(replenish_config_add_serial_source(config, REPLENISH_SERIAL_DMI, "/x"), -EINVAL);
  CHECK_IS(replenish_config_set_ca_file(config, ""), -EINVAL);
  CHECK_IS(replenish_config_set_ca_file(config, NULL), 0);
  replenish_config_free(config);
}

static void devices_that_cannot_be(void) {
  replenish_config *config = NULL;
  replenish_device *device = (replenish_device *)&folder, *before = device;
  replenish_device *first;

  replenish_config_new(&config);
  CHECK_IS(replenish_device_new(&device, config), -EINVAL);
  CHECK_TEXT(replenish_config_get_error(config), "replenish_config_set_model");
  CHECK_IS(replenish_config_set_model(config, "Brewer3"), 0);
  CHECK_IS(replenish_device_new(&device, config), -EINVAL);
  CHECK_TEXT(replenish_config_get_error(config), "replenish_config_add_slot");
  CHECK_IS(replenish_config_add_slot(config, "beans", NULL), 0);
  CHECK_IS(replenish_device_new(&device, config), -EINVAL);
  CHECK_TEXT(replenish_config_get_error(config), "replenish_config_set_state_folder");
  CHECK_IS(replenish_config_set_state_folder(config, path("cannot-be")), 0);
  CHECK_IS(replenish_device_new(&device, config), -EINVAL);
  CHECK_IS(replenish_config_add_serial_source(config, REPLENISH_SERIAL_FILE, path("no-such-file")), 0);
  CHECK_IS(replenish_device_new(&device, config), -ENODEV);
  CHECK_IS(replenish_config_set_serial(config, "ABC123"), 0);
  CHECK_IS(replenish_config_set_control_socket(config, path("c"), "no-such-group", NULL), 0);
  CHECK_IS(replenish_device_new(&device, config), -EINVAL);
  CHECK_TEXT(replenish_config_get_error(config), "no group 'no-such-group'");
  CHECK_IS(replenish_config_set_control_socket(config, NULL, NULL, NULL), 0);
  CHECK_IS(replenish_config_set_state_folder(config, "/dev/null/state"), 0);
  CHECK_IS(replenish_device_new(&device, config), -EIO);
  CHECK_IS(replenish_device_new(NULL, config), -EINVAL);
  CHECK(device == before);

  // Two devices cannot have one folder.
  first = made("shared");
  CHECK_IS(replenish_config_set_state_folder(config, path("shared")), 0);
  CHECK_IS(replenish_device_new(&device, config), -EIO);
  CHECK(device == before);
  first = replenish_device_unref(first);
  // And the folder is free when the first is gone.
  CHECK_IS(replenish_device_new(&device, config), 0);
  CHECK(device != before);
  replenish_device_unref(device);
  replenish_config_free(config);
}

static void before_start(void) {
  replenish_device *device = made("before");
  struct replenish_status status;
  uint64_t request = 7;

  CHECK_IS(replenish_device_dispatch(device), -EBADFD);
  CHECK_IS(replenish_device_press(device, "beans", &request), -EBADFD);
  CHECK_TEXT(replenish_device_get_error(device), "replenish_device_start");
  CHECK_IS(replenish_device_button(device, "beans", 1), -EBADFD);
  CHECK_IS(replenish_device_get_status(device, &status, sizeof status), -EBADFD);
  CHECK(request == 7);
  CHECK(replenish_device_get_fd(device) >= 0);
  CHECK_TEXT(replenish_device_get_model(device), "Brewer3");
  CHECK_TEXT(replenish_device_get_serial(device), "ABC123");
  CHECK_TEXT(replenish_device_get_serial_source(device), "configuration");
  CHECK_IS(replenish_device_start(device), 0);
  CHECK_IS(replenish_device_start(device), -EALREADY);
  replenish_device_unref(device);
}

static void questions(void) {
  replenish_device *device = made("questions");
  replenish_event *event = NULL, *kept;
  struct replenish_slot_status slot = REPLENISH_SLOT_STATUS_INIT;
  struct {
    struct replenish_slot_status known;
    int later;
  } newer_slot;
  struct replenish_press press;
  struct replenish_subscription subscription;
  uint64_t request = 0, last = 0;
  int index;

  CHECK_IS(replenish_device_start(device), 0);
  drop_events(device);
  CHECK_IS(replenish_device_dispatch(device), 0);
  CHECK_IS(replenish_device_next_event(device, &event), 0);
  CHECK(event == NULL);
  CHECK_IS(replenish_device_next_event(device, NULL), -EINVAL);

  // An answer that comes at once makes the descriptor readable.
  while (is_readable(replenish_device_get_fd(device))) replenish_device_dispatch(device);
  CHECK_IS(replenish_device_press(device, "beans", &request), 0);
  CHECK(request != 0);
  CHECK(is_readable(replenish_device_get_fd(device)));
  event = answer(device, request);
  CHECK_IS(replenish_event_get_type(event), REPLENISH_EVENT_REFUSED);
  CHECK_IS(replenish_event_get_error(event), -ENOTCONN);
  CHECK_TEXT(replenish_event_get_text(event), "no Amazon account is linked");
  CHECK_TEXT(replenish_event_get_slot(event), "beans");
  CHECK_IS(replenish_event_get_press(event, &press, sizeof press), -ENODATA);
  CHECK_IS(replenish_event_get_count(event), 0);
  CHECK_IS(replenish_event_get_subscription(event, 0, &subscription, sizeof subscription), -ENODATA);
  replenish_event_free(event);
  CHECK_IS(replenish_device_dispatch(device), 0);
  CHECK(!is_readable(replenish_device_get_fd(device)));

  last = request;
  CHECK_IS(replenish_device_press(device, "tea", &request), -ENOENT);
  CHECK_TEXT(replenish_device_get_error(device), "no slot is named 'tea'; configured: beans, filter");
  CHECK_IS(replenish_device_press(device, NULL, &request), -EINVAL);
  CHECK_IS(replenish_device_press(device, "\xFF", &request), -EINVAL);
  CHECK_IS(replenish_device_query_order(device, NULL, &request), -EINVAL);
  CHECK_IS(replenish_device_query_order(device, "", &request), -EINVAL);
  CHECK_IS(replenish_device_cancel_test_orders(device, "tea", &request), -ENOENT);
  CHECK_IS(replenish_device_report_slot_status(device, "beans", NULL, sizeof slot, &request), -EINVAL);
  CHECK_IS(replenish_device_report_slot_status(device, "beans", &slot, sizeof slot - 1, &request), -EINVAL);
  CHECK_IS(replenish_device_report_slot_status(device, "beans", &slot, (size_t)-1, &request), -EINVAL);
  slot.remaining = nan("");
  CHECK_IS(replenish_device_report_slot_status(device, "beans", &slot, sizeof slot, &request), -EINVAL);
  slot.remaining = INFINITY;
  CHECK_IS(replenish_device_report_slot_status(device, "beans", &slot, sizeof slot, &request), -EINVAL);
  slot.remaining = 3.5;
  memset(&newer_slot, 0, sizeof newer_slot);
  newer_slot.known = slot;
  newer_slot.later = 1;
  CHECK_IS(replenish_device_report_slot_status(device, "beans", &newer_slot.known, sizeof newer_slot, &request), -E2BIG);
  CHECK(request == last);
  newer_slot.later = 0;
  CHECK_IS(replenish_device_report_slot_status(device, "beans", &newer_slot.known, sizeof newer_slot, &request), 0);
  event = answer(device, request);
  CHECK_IS(replenish_event_get_error(event), -ENOTCONN);
  kept = event;

  // The number may be left out; answers come in the order of the questions.
  CHECK_IS(replenish_device_unlink(device, NULL), 0);
  CHECK_IS(replenish_device_open_setup(device, &request), 0);
  event = answer(device, request);
  CHECK_IS(replenish_event_get_error(event), -ENOKEY);
  replenish_event_free(event);
  CHECK_IS(replenish_device_query_slots(device, &request), 0);
  event = answer(device, request);
  CHECK_IS(replenish_event_get_error(event), -ENOTCONN);
  replenish_event_free(event);
  CHECK_IS(replenish_device_cancel_test_orders(device, NULL, &request), 0);
  CHECK_IS(replenish_device_erase(device, &request), 0);
  event = answer(device, request);
  CHECK_IS(replenish_event_get_type(event), REPLENISH_EVENT_DONE);
  replenish_event_free(event);
  drop_events(device);

  // Who takes no answers gets no more of them; the device stays usable.
  for (index = 0; index < 64; index++) CHECK_IS(replenish_device_press(device, "filter", &request), 0);
  last = request;
  CHECK_IS(replenish_device_press(device, "filter", &request), -EAGAIN);
  CHECK(request == last);
  event = answer(device, request);
  replenish_event_free(event);
  CHECK_IS(replenish_device_press(device, "filter", &request), 0);

  // A button of a device that is linked to nobody only lights the light.
  drop_events(device);
  CHECK_IS(replenish_device_button(device, "beans", 1), 0);
  CHECK_IS(replenish_device_button(device, "beans", 0), 0);
  CHECK_IS(replenish_device_button(device, "tea", 1), -ENOENT);
  CHECK_IS(replenish_device_get_light(device, "beans"), REPLENISH_LIGHT_NEEDS_LINKING);
  CHECK_IS(replenish_device_get_light(device, "tea"), -ENOENT);
  CHECK_IS(replenish_device_attach_gpio_button(device, "beans", path("no-chip"), 1, 1), -EIO);
  CHECK_IS(replenish_device_attach_gpio_button(device, "beans", NULL, 1, 1), -EINVAL);
  CHECK_IS(replenish_device_attach_gpio_light(device, "tea", path("no-chip"), 1, 1), -ENOENT);
  CHECK_IS(replenish_device_attach_key(device, "beans", path("no-device"), 28), -EIO);
  CHECK_IS(replenish_device_attach_key(device, "beans", path("no-device"), 70000), -EINVAL);
  CHECK_IS(replenish_device_attach_led(device, "beans", "no-such-led"), -EIO);
  CHECK_IS(replenish_device_attach_led(device, "beans", "../escape"), -EIO);
  replenish_device_unref(device);

  // An event outlives its device.
  CHECK_TEXT(replenish_event_get_text(kept), "no Amazon account is linked");
  replenish_event_free(kept);
}

static void status(void) {
  replenish_device *device = made("status");
  struct {
    struct replenish_status known;
    char later[16];
  } place;
  struct replenish_press press;
  const char *json = NULL;

  CHECK_IS(replenish_device_start(device), 0);
  memset(&place, 0x5A, sizeof place);
  CHECK_IS(replenish_device_get_status(device, NULL, sizeof place.known), -EINVAL);
  CHECK_IS(replenish_device_get_status(device, &place.known, sizeof place.known - 1), -EINVAL);
  CHECK_IS(replenish_device_get_status(device, &place.known, 0), -EINVAL);
  CHECK_IS(replenish_device_get_status(device, &place.known, (size_t)-1), -EINVAL);
  CHECK(place.known.link == 0x5A5A5A5A && place.later[0] == 0x5A);
  CHECK_IS(replenish_device_get_status(device, &place.known, sizeof place.known), 0);
  CHECK(place.later[0] == 0x5A);
  CHECK_IS(place.known.link, REPLENISH_LINK_NONE);
  CHECK_IS(place.known.generation, 0);
  CHECK_IS(place.known.window_seconds, -1);
  CHECK_IS(place.known.refresh_age, -1);
  CHECK_IS(place.known.has_setup_record, 0);
  CHECK(place.known.failure == NULL);
  // A program of a later version has members that this library leaves empty.
  CHECK_IS(replenish_device_get_status(device, &place.known, sizeof place), 0);
  CHECK(place.later[0] == 0 && place.later[15] == 0);
  CHECK_IS(replenish_device_get_status_json(device, NULL), -EINVAL);
  CHECK_IS(replenish_device_get_status_json(device, &json), 0);
  CHECK_TEXT(json, "\"link\":\"unlinked\"");
  memset(&press, 0x5A, sizeof press);
  CHECK_IS(replenish_device_get_press(device, 0, &press, sizeof press), -ENOENT);
  CHECK_IS(replenish_device_get_press(device, (size_t)-1, &press, sizeof press), -ENOENT);
  CHECK_IS(replenish_device_get_press(device, 0, &press, 1), -EINVAL);
  CHECK_IS(replenish_device_get_press(device, 0, NULL, sizeof press), -EINVAL);
  CHECK(press.state == 0x5A5A5A5A);
  replenish_device_unref(device);
}

static void closing(void) {
  replenish_device *device = made("closing"), *same;
  replenish_event *event = NULL;
  struct replenish_status status;
  uint64_t request = 0;
  int file, events = 0;

  CHECK_IS(replenish_device_start(device), 0);
  file = replenish_device_get_fd(device);
  CHECK_IS(replenish_device_press(device, "beans", &request), 0);
  CHECK_IS(replenish_device_dispatch(device), 0);
  CHECK_IS(replenish_device_get_fd(device), file);
  same = replenish_device_ref(device);
  CHECK(same == device);
  CHECK_IS(replenish_device_close(device), 0);
  CHECK_IS(replenish_device_close(device), 0);
  CHECK_IS(replenish_device_get_fd(device), -ESHUTDOWN);
  CHECK_IS(replenish_device_dispatch(device), -ESHUTDOWN);
  CHECK_IS(replenish_device_start(device), -ESHUTDOWN);
  CHECK_IS(replenish_device_press(device, "beans", &request), -ESHUTDOWN);
  CHECK_IS(replenish_device_button(device, "beans", 1), -ESHUTDOWN);
  CHECK_IS(replenish_device_get_light(device, "beans"), -ESHUTDOWN);
  CHECK_IS(replenish_device_get_status(device, &status, sizeof status), -ESHUTDOWN);
  CHECK_IS(replenish_device_attach_led(device, "beans", "led"), -ESHUTDOWN);
  CHECK_TEXT(replenish_device_get_error(device), "the device was closed");
  // What came before can still be taken.
  while (replenish_device_next_event(device, &event) == 1) {
    if (replenish_event_get_request(event) == request) events++;
    replenish_event_free(event);
  }
  CHECK_IS(events, 1);
  CHECK(replenish_device_unref(same) == NULL);
  CHECK(replenish_device_unref(device) == NULL);
  // The folder is free again although nobody dispatched after closing.
  device = made("closing");
  replenish_device_unref(device);
}

static void two_at_once(void) {
  replenish_config *config = usable("first");
  replenish_device *first = NULL, *second = NULL;
  uint64_t request = 0;
  replenish_event *event;

  CHECK_IS(replenish_config_set_log(config, log_line, &log_lines), 0);
  CHECK_IS(replenish_device_new(&first, config), 0);
  CHECK_IS(replenish_config_set_state_folder(config, path("second")), 0);
  CHECK_IS(replenish_config_set_serial(config, "XYZ789"), 0);
  CHECK_IS(replenish_device_new(&second, config), 0);
  replenish_config_free(config);
  CHECK_TEXT(replenish_device_get_serial(first), "ABC123");
  CHECK_TEXT(replenish_device_get_serial(second), "XYZ789");
  CHECK(replenish_device_get_fd(first) != replenish_device_get_fd(second));
  logged_device = first;
  CHECK_IS(replenish_device_start(first), 0);
  CHECK_IS(replenish_device_start(second), 0);
  CHECK_IS(replenish_device_erase(first, &request), 0);
  while (is_readable(replenish_device_get_fd(first))) CHECK_IS(replenish_device_dispatch(first), 0);
  CHECK(log_lines > 0);
  CHECK_IS(log_dispatch, -EBUSY);
  event = answer(first, request);
  CHECK_IS(replenish_event_get_type(event), REPLENISH_EVENT_DONE);
  replenish_event_free(event);
  logged_device = NULL;
  CHECK_IS(replenish_device_press(second, "beans", &request), 0);
  CHECK_IS(request, 1);
  replenish_device_unref(first);
  CHECK_IS(replenish_device_dispatch(second), 0);
  replenish_device_unref(second);
}

static void bad_state(void) {
  replenish_config *config = usable("loose");
  replenish_device *device = NULL;

  // Tokens in a folder that others can read: refused, with the command that mends it.
  CHECK_IS(mkdir(path("loose"), 0755), 0);
  CHECK_IS(replenish_device_new(&device, config), -EIO);
  CHECK_TEXT(replenish_config_get_error(config), "chmod");
  CHECK(device == NULL);
  CHECK_IS(replenish_config_set_state_folder(config, path("sound")), 0);
  CHECK_IS(replenish_config_set_setup_record(config, "/etc/passwd"), 0);
  CHECK_IS(replenish_device_new(&device, config), -EIO);
  CHECK_IS(replenish_config_set_setup_record(config, path("not-there")), 0);
  CHECK_IS(replenish_device_new(&device, config), 0);
  replenish_device_unref(device);
  replenish_config_free(config);
}

static void count_check(void *userdata, const char *name, int passed) {
  CHECK(name != NULL && *name != 0);
  CHECK_IS(passed, 1);
  ++*(int *)userdata;
}

static void self_test(void) {
  int checks = 0;
  CHECK_IS(replenish_self_test(count_check, &checks), 0);
  CHECK(checks > 10);
  CHECK_IS(replenish_self_test(NULL, NULL), 0);
}

// A key seals what is on disk; without it the records are not taken for gone.
static void sealing(void) {
  replenish_config *config = usable("sealed");
  replenish_device *device = NULL;
  struct replenish_status status;
  unsigned char key[32];
  FILE *file;

  memset(key, 7, sizeof key);
  CHECK_IS(replenish_config_set_seal_key_file(config, path("no-key")), 0);
  CHECK_IS(replenish_device_new(&device, config), -EIO);
  file = fopen(path("key"), "wb");
  CHECK(file != NULL && fwrite(key, sizeof key, 1, file) == 1 && fclose(file) == 0);
  CHECK_IS(chmod(path("key"), 0400), 0);
  CHECK_IS(replenish_config_set_seal_key_file(config, path("key")), 0);
  CHECK_IS(replenish_device_new(&device, config), 0);
  CHECK_IS(replenish_device_start(device), 0);
  CHECK_IS(replenish_device_get_status(device, &status, sizeof status), 0);
  CHECK_IS(status.is_sealed, 1);
  replenish_device_unref(device);
  replenish_config_free(config);
}

static void write_file(const char *name, mode_t mode) {
  FILE *file = fopen(name, "w");
  CHECK(file != NULL && fputs("not looked into before there is a connection\n", file) > 0 && fclose(file) == 0);
  CHECK(chmod(name, mode) == 0);
}

// The answer to a question that goes out into the network, or NULL when none came in ten seconds.
static replenish_event *awaited(replenish_device *device, uint64_t request) {
  replenish_event *event;
  struct pollfd wait;
  int turns;
  wait.fd = replenish_device_get_fd(device);
  wait.events = POLLIN;
  for (turns = 0; turns < 1000; turns++) {
    while (replenish_device_next_event(device, &event) == 1) {
      if (replenish_event_get_request(event) == request) return event;
      replenish_event_free(event);
    }
    poll(&wait, 1, 10);
    CHECK_IS(replenish_device_dispatch(device), 0);
  }
  return NULL;
}

// The maker's cloud orders instead of the device. Nobody listens on port 1.
static void through_a_cloud(void) {
  char certificate[PATH_MAX], key[PATH_MAX], next[PATH_MAX];
  replenish_config *config = usable("cloud");
  replenish_device *device = NULL;
  replenish_event *event;
  struct replenish_status status;
  uint64_t request = 0;

  snprintf(certificate, sizeof certificate, "%s/device.pem", folder);
  snprintf(key, sizeof key, "%s/device.key", folder);
  snprintf(next, sizeof next, "%s/device.key.next", folder);
  CHECK_IS(replenish_config_set_cloud(config, "https://127.0.0.1:1", certificate, NULL), -EINVAL);
  CHECK_IS(replenish_config_set_cloud(config, NULL, certificate, key), -EINVAL);
  CHECK_IS(replenish_config_set_cloud(config, "https://127.0.0.1:1", certificate, ""), -EINVAL);
  CHECK_IS(replenish_config_set_cloud(config, "http://127.0.0.1:1", certificate, key), -EINVAL);
  CHECK_TEXT(replenish_config_get_error(config), "the cloud's host: ");
  CHECK_IS(replenish_config_set_cloud(config, "https://", certificate, key), -EINVAL);
  CHECK_IS(replenish_config_set_cloud(config, "https://127.0.0.1:1", certificate, key), 0);
  CHECK_IS(replenish_config_set_cloud_downlink(config, 1), 0);
  CHECK_IS(replenish_device_new(&device, config), -EIO);
  CHECK_TEXT(replenish_config_get_error(config), "device.key");
  write_file(key, 0644);
  write_file(certificate, 0644);
  CHECK_IS(replenish_device_new(&device, config), -EIO);
  CHECK_TEXT(replenish_config_get_error(config), "chmod 0400");
  CHECK(chmod(key, 0600) == 0);
  CHECK_IS(replenish_device_new(&device, config), 0);
  CHECK_IS(replenish_device_renew_key(device, &request), -EBADFD);
  CHECK_IS(replenish_device_start(device), 0);

  // It needs no factory's record, and takes a press though no account is linked: that is the cloud's to say.
  CHECK_IS(replenish_device_get_status(device, &status, sizeof status), 0);
  CHECK_IS(replenish_device_press(device, "beans", &request), 0);
  event = awaited(device, request);
  CHECK_IS(replenish_event_get_type(event), REPLENISH_EVENT_NOTED);
  replenish_event_free(event);
  CHECK_IS(replenish_device_open_setup(device, &request), 0);
  event = awaited(device, request);
  CHECK_IS(replenish_event_get_type(event), REPLENISH_EVENT_REFUSED);
  CHECK_IS(replenish_event_get_error(event), -EHOSTUNREACH);
  replenish_event_free(event);

  // The next key is made and waits for a certificate; the present files stay.
  CHECK_IS(replenish_device_renew_key(device, &request), 0);
  event = awaited(device, request);
  CHECK_IS(replenish_event_get_type(event), REPLENISH_EVENT_REFUSED);
  CHECK_IS(replenish_event_get_error(event), -EHOSTUNREACH);
  CHECK_TEXT(replenish_event_get_text(event), "the maker's cloud");
  replenish_event_free(event);
  CHECK(access(next, F_OK) == 0 && access(key, F_OK) == 0 && access(certificate, F_OK) == 0);
  // A second one while the first is open is refused at once, and both are answered.
  CHECK_IS(replenish_device_renew_key(device, NULL), 0);
  CHECK_IS(replenish_device_renew_key(device, &request), 0);
  event = awaited(device, request);
  CHECK_IS(replenish_event_get_error(event), -EBUSY);
  replenish_event_free(event);
  replenish_device_close(device);
  drop_events(device);
  replenish_device_unref(device);

  // Without a cloud there is no such key.
  CHECK_IS(replenish_config_set_cloud(config, NULL, NULL, NULL), 0);
  CHECK_IS(replenish_device_new(&device, config), 0);
  CHECK_IS(replenish_device_start(device), 0);
  CHECK_IS(replenish_device_renew_key(device, &request), 0);
  event = awaited(device, request);
  CHECK_IS(replenish_event_get_type(event), REPLENISH_EVENT_REFUSED);
  CHECK_IS(replenish_event_get_error(event), -EINVAL);
  replenish_event_free(event);
  replenish_device_unref(device);
  replenish_config_free(config);
}

int main(int count, char **values) {
  if (count != 2) return 2;
  folder = values[1];
  null_objects();
  wrong_settings();
  devices_that_cannot_be();
  before_start();
  questions();
  status();
  closing();
  two_at_once();
  bad_state();
  self_test();
  sealing();
  through_a_cloud();
  return checks_end("api");
}
