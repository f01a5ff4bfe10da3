// A firmware with its own HTTP, Bluetooth and storage, and the life of its device: linked by a phone, ordering through a
// simulated service, losing its network and its power, unlinked. Linked with libreplenish-core alone.
//
// The phone is real: the companion, over a UNIX socket in the place of Bluetooth. The service is here, and answers any token.
//
// usage: core-life SETUP-RECORD PHONE-SOCKET [CLIENT-ID]
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <replenish_core.h>

#include "check.h"

enum { RECORDS = 6, REQUESTS = 8, PATIENCE = 120 };

struct record {
  char name[16];
  unsigned char *bytes;
  size_t size;
};

struct request {
  uint32_t id;
  char operation[64];  // "token/authorization_code", "replenish", ...
  int is_open;
};

// The board: what survives a power cut, and what does not.
static struct record disk[RECORDS];
static struct request requests[REQUESTS];
static int stores_until_cut = -1;  // the power goes after so many; -1 for never
static int is_dark;                // it is gone: nothing is kept, nothing leaves
static int has_network = 1;
static uint64_t leap;              // how far the test has moved the clock ahead, in milliseconds
static const char *phone_path;
static int listener = -1, phone = -1, phone_is_leaving;

// The service.
static int orders, is_order_open, deregistrations, slot_reports, status_reports, redemptions, refreshes;
static int lose_answer;

// The firmware.
static replenish_core *core;
static int is_linked, notes, closed_presses, last_state;
static char last_id[64], last_instance[64];

static uint64_t uptime(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + leap;
}

// Callbacks

static void now(void *userdata, struct replenish_core_moment *moment) {
  CHECK(userdata == disk);
  moment->uptime = uptime();
  moment->clock = (int64_t)time(NULL) + (int64_t)(leap / 1000);
  moment->is_synchronized = 1;
}

static struct record *record(const char *name, int make) {
  int index;
  for (index = 0; index < RECORDS; index++) {
    if (disk[index].bytes != NULL && strcmp(disk[index].name, name) == 0) return &disk[index];
  }
  for (index = 0; make && index < RECORDS; index++) {
    if (disk[index].bytes != NULL) continue;
    snprintf(disk[index].name, sizeof disk[index].name, "%s", name);
    return &disk[index];
  }
  return NULL;
}

static int load(void *userdata, const char *name, void *bytes, size_t room) {
  struct record *found = record(name, 0);
  (void)userdata;
  CHECK_IS(room, REPLENISH_CORE_RECORD_MAX);
  if (found == NULL) return -ENOENT;
  memcpy(bytes, found->bytes, found->size);
  return (int)found->size;
}

static int power_goes(void) {
  if (is_dark) return 1;
  if (stores_until_cut == 0) is_dark = 1;
  else if (stores_until_cut > 0) stores_until_cut--;
  return is_dark;
}

static int store(void *userdata, const char *name, const void *bytes, size_t size) {
  struct record *place;
  (void)userdata;
  CHECK(size <= REPLENISH_CORE_RECORD_MAX);
  if (power_goes()) return 0;  // nobody is left to hear of it
  place = record(name, 1);
  CHECK(place != NULL);
  if (place == NULL) return -ENOSPC;
  free(place->bytes);
  place->bytes = malloc(size + 1);
  memcpy(place->bytes, bytes, size);
  place->size = size;
  return 0;
}

static int remove_record(void *userdata, const char *name) {
  struct record *found = record(name, 0);
  (void)userdata;
  if (power_goes() || found == NULL) return 0;
  free(found->bytes);
  found->bytes = NULL;
  return 0;
}

static const char *header(const struct replenish_core_request *request, const char *name) {
  size_t index, length = strlen(name);
  for (index = 0; index < request->header_count; index++) {
    if (strncmp(request->headers[index], name, length) == 0) return request->headers[index] + length;
  }
  return NULL;
}

static int body_has(const struct replenish_core_request *request, const char *text) {
  char body[4096];
  if (request->body == NULL || request->body_size >= sizeof body) return 0;
  memcpy(body, request->body, request->body_size);
  body[request->body_size] = 0;
  return strstr(body, text) != NULL;
}

static int begin_request(void *userdata, const struct replenish_core_request *request) {
  const char *path = strstr(request->url, "://");
  struct request *place = NULL;
  int index;

  (void)userdata;
  if (is_dark) return 0;
  for (index = 0; index < REQUESTS && place == NULL; index++) {
    if (!requests[index].is_open) place = &requests[index];
  }
  if (place == NULL || path == NULL) return -ENOBUFS;
  path = strchr(path + 3, '/');
  CHECK(path != NULL);
  if (strstr(path, "/auth/o2/token") != NULL) {
    CHECK_TEXT(header(request, "Content-Type: "), "application/x-www-form-urlencoded");
    CHECK(header(request, "Authorization: ") == NULL);
    if (body_has(request, "grant_type=authorization_code")) {
      CHECK(body_has(request, "code_verifier="));
      path = "/authorization_code";
    } else {
      CHECK(body_has(request, "grant_type=refresh_token"));
      CHECK(body_has(request, "refresh_token=refresh-"));
      path = "/refresh_token";
    }
  } else {
    CHECK_TEXT(header(request, "Authorization: Bearer "), "access-");
    CHECK_TEXT(header(request, "x-amzn-type-version: "), "com.amazon.dash.replenishment.");
  }
  place->id = request->id;
  place->is_open = 1;
  snprintf(place->operation, sizeof place->operation, "%s %s", request->method, path);
  return 0;
}

static int open_window(void *userdata) {
  struct sockaddr_un address;
  (void)userdata;
  if (is_dark || phone_path == NULL) return 0;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "%s", phone_path);
  unlink(phone_path);
  listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0)
    return -errno;
  return 0;
}

static void hang_up(void) {
  if (phone >= 0) close(phone);
  phone = -1;
  phone_is_leaving = 0;
}

static void close_window(void *userdata) {
  (void)userdata;
  if (listener >= 0) close(listener);
  listener = -1;
  if (phone >= 0) phone_is_leaving = 1;
}

static void send_packet(void *userdata, const void *packet, size_t size) {
  (void)userdata;
  if (phone >= 0 && send(phone, packet, size, MSG_NOSIGNAL) < 0) phone_is_leaving = 1;
}

static void disconnect(void *userdata) {
  (void)userdata;
  phone_is_leaving = phone >= 0;
}

// The service's side

static void answer(uint32_t id, int status, const char *body) {
  struct replenish_core_answer answer;
  memset(&answer, 0, sizeof answer);
  answer.status = status;
  answer.content_type = "application/json";
  answer.request_id = "11111111-2222-3333-4444-555555555555";
  answer.body = body;
  answer.body_size = strlen(body);
  answer.retry_after = -1;
  CHECK_IS(replenish_core_answer(core, id, &answer, sizeof answer), 0);
}

static void token(uint32_t id, int *count) {
  char body[256];
  (*count)++;
  snprintf(body, sizeof body,
           "{\"access_token\":\"access-%d\",\"refresh_token\":\"refresh-%d\",\"token_type\":\"bearer\",\"expires_in\":3600}",
           *count, *count);
  answer(id, 200, body);
}

static void serve(struct request *request) {
  const char *operation = request->operation;
  uint32_t id = request->id;
  char body[128];

  request->is_open = 0;
  if (!has_network) {
    CHECK_IS(replenish_core_answer_failed(core, id, REPLENISH_CORE_NOT_CONNECTED, 0), 0);
    return;
  }
  if (strcmp(operation, "POST /authorization_code") == 0) token(id, &redemptions);
  else if (strcmp(operation, "POST /refresh_token") == 0) token(id, &refreshes);
  else if (strcmp(operation, "POST /replenish/CoffeeBeans") == 0) {
    if (!is_order_open) orders++;
    snprintf(body, sizeof body, "{\"eventInstanceId\":\"order-%d\",\"detailCode\":\"%s\"}", orders,
             is_order_open ? "ORDER_INPROGRESS" : "STANDARD_ORDER_PLACED");
    is_order_open = 1;
    if (lose_answer) return;
    answer(id, 200, body);
  } else if (strncmp(operation, "POST /slotStatus/", 17) == 0) {
    slot_reports++;
    answer(id, 200, "");
  } else if (strcmp(operation, "POST /deviceStatus") == 0) {
    status_reports++;
    answer(id, 200, "");
  } else if (strcmp(operation, "GET /subscriptionInfo") == 0) {
    answer(id, 200,
           "{\"slotsSubscriptionStatus\":{\"CoffeeBeans\":{\"subscribed\":true,\"productInfoList\":["
           "{\"asin\":\"B00EXAMPLE\",\"quantity\":1.5,\"unit\":\"count\"}]}}}");
  } else if (strncmp(operation, "GET /getOrderInfo/", 18) == 0) {
    answer(id, 200,
           "{\"orderInfoData\":{\"instanceId\":\"order-1\",\"orderItems\":[{\"asin\":\"B00EXAMPLE\",\"slotId\":"
           "\"CoffeeBeans\",\"quantity\":2,\"status\":\"Shipped\",\"expectedDeliveryDate\":\"2026-01-05T10:00:00Z\"}]}}");
  } else if (strncmp(operation, "DELETE /testOrders", 18) == 0) {
    answer(id, 200, "{\"slotOrderStatuses\":[{\"slotId\":\"CoffeeBeans\",\"orderStatus\":\"NO_ORDER_IN_PROGRESS\"}]}");
  } else if (strcmp(operation, "DELETE /registration") == 0) {
    deregistrations++;
    answer(id, 200, "");
  } else {
    printf("core-life: unexpected request %s\n", operation);
    checks_failed++;
    answer(id, 404, "{}");
  }
}

// The firmware's loop

static void take_events(uint64_t request, replenish_event **reply) {
  replenish_event *event;
  struct replenish_press press;

  while (replenish_core_next_event(core, &event) == 1) {
    switch (replenish_event_get_type(event)) {
      case REPLENISH_EVENT_LINKED: is_linked = 1; break;
      case REPLENISH_EVENT_UNLINKED: is_linked = 0; break;
      case REPLENISH_EVENT_NOTED:
        // After the power is gone, the firmware is gone as well.
        if (!is_dark) notes++;
        break;
      case REPLENISH_EVENT_PRESS:
        CHECK_IS(replenish_event_get_press(event, &press, sizeof press), 0);
        if (press.state > REPLENISH_PRESS_SENDING) {
          closed_presses++;
          last_state = press.state;
          snprintf(last_id, sizeof last_id, "%s", press.id);
          snprintf(last_instance, sizeof last_instance, "%s", press.instance_id == NULL ? "" : press.instance_id);
        }
        break;
      case REPLENISH_EVENT_LINKING_FAILED: printf("core-life: %s\n", replenish_event_get_text(event)); break;
      default: break;
    }
    if (request != 0 && replenish_event_get_request(event) == request) {
      CHECK(*reply == NULL);
      *reply = event;
    } else {
      replenish_event_free(event);
    }
  }
}

// One turn: the requests that are open, the phone, the deadline. Returns whether anything happened.
static int turn(int wait) {
  struct pollfd files[2];
  unsigned char packet[517];
  uint64_t deadline;
  ssize_t count;
  int index, happened = 0;

  for (index = 0; index < REQUESTS; index++) {
    if (!requests[index].is_open) continue;
    serve(&requests[index]);
    happened = 1;
  }
  files[0].fd = phone >= 0 ? -1 : listener;
  files[1].fd = phone;
  files[0].events = files[1].events = POLLIN;
  files[0].revents = files[1].revents = 0;
  poll(files, 2, happened ? 0 : wait);
  if (files[0].revents & POLLIN) {
    phone = accept(listener, NULL, NULL);
    if (phone >= 0) CHECK_IS(replenish_core_phone_connected(core), 0);
    happened = 1;
  }
  if (files[1].revents != 0) {
    count = recv(phone, packet, sizeof packet, 0);
    if (count > 0) CHECK_IS(replenish_core_phone_packet(core, packet, (size_t)count), 0);
    else phone_is_leaving = 1;
    happened = 1;
  }
  if (phone_is_leaving) {
    hang_up();
    CHECK_IS(replenish_core_phone_disconnected(core), 0);
    happened = 1;
  }
  if (replenish_core_get_deadline(core, &deadline) == 1 && deadline <= uptime()) {
    CHECK_IS(replenish_core_wake(core), 0);
    happened = 1;
  }
  return happened;
}

static void settle(void) {
  while (turn(0)) take_events(0, NULL);
  take_events(0, NULL);
}

// Moves the clock to the next deadline, so that nobody waits for a retry.
static void leap_ahead(void) {
  uint64_t deadline, present = uptime();
  if (replenish_core_get_deadline(core, &deadline) == 1 && deadline > present) leap += deadline - present;
  settle();
}

static replenish_event *reply_to(uint64_t request) {
  replenish_event *reply = NULL;
  int turns;
  for (turns = 0; turns < 100; turns++) {
    take_events(request, &reply);
    if (reply != NULL) return reply;
    turn(0);
  }
  CHECK(!"the question was answered");
  return NULL;
}

static replenish_core *boot(const char *setup_record, const char *client_id, const char *name) {
  struct replenish_core_callbacks callbacks;
  replenish_config *config = NULL;
  replenish_core *made = NULL;
  char bytes[4096];
  size_t size;
  FILE *file = fopen(setup_record, "rb");

  CHECK(file != NULL);
  if (file == NULL) exit(1);
  size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  CHECK_IS(replenish_config_new(&config), 0);
  CHECK_IS(replenish_config_set_model(config, "TestBrewer"), 0);
  CHECK_IS(replenish_config_set_serial(config, "TEST0001"), 0);
  CHECK_IS(replenish_config_add_slot(config, "beans", "CoffeeBeans"), 0);
  CHECK_IS(replenish_config_set_client_id(config, client_id), 0);
  CHECK_IS(replenish_config_set_test_device(config, 1), 0);  // the local Amazon lets no other log in
  CHECK_IS(replenish_config_set_setup_record_data(config, bytes, 3), -EINVAL);
  CHECK_IS(replenish_config_set_setup_record_data(config, bytes, size), 0);
  CHECK_IS(replenish_config_set_clock_floor(config, -1), -EINVAL);
  memset(&callbacks, 0, sizeof callbacks);
  CHECK_IS(replenish_core_new(&made, config, &callbacks, sizeof callbacks, disk), -EINVAL);
  CHECK_TEXT(replenish_config_get_error(config), "a callback is missing");
  callbacks.now = now;
  callbacks.load = load;
  callbacks.store = store;
  callbacks.remove = remove_record;
  callbacks.request = begin_request;
  callbacks.open_window = open_window;
  CHECK_IS(replenish_core_new(&made, config, &callbacks, sizeof callbacks, disk), -EINVAL);
  callbacks.close_window = close_window;
  callbacks.send = send_packet;
  callbacks.disconnect = disconnect;
  CHECK_IS(replenish_core_new(&made, config, &callbacks, sizeof callbacks - 1, disk), -EINVAL);
  CHECK(made == NULL);
  CHECK_IS(replenish_core_new(&made, config, &callbacks, sizeof callbacks, disk), 0);
  replenish_config_free(config);
  CHECK_IS(replenish_core_wake(made), -EBADFD);
  core = made;
  CHECK_IS(replenish_core_start(made, name), 0);
  CHECK_IS(replenish_core_start(made, name), -EALREADY);
  return made;
}

// The plug is pulled and put back: all is gone but the disk.
static void cut(const char *setup_record, const char *client_id, const char *name) {
  memset(requests, 0, sizeof requests);
  hang_up();
  if (listener >= 0) close(listener);
  listener = -1;
  core = replenish_core_unref(core);
  is_dark = 0;
  stores_until_cut = -1;
  boot(setup_record, client_id, name);
}

// Parts of the life

static void advertise(void) {
  unsigned char data[31];
  int length;
  CHECK_IS(replenish_core_get_advertisement(core, 0xFFFF, data, 28), -ERANGE);
  length = replenish_core_get_advertisement(core, 0xFFFF, data, sizeof data);
  CHECK(length > 20 && length <= 31);
  CHECK_IS(data[0], 2);
  CHECK_IS(data[1], 1);
  length = replenish_core_get_scan_response(core, "Brewer", data, sizeof data);
  CHECK_IS(length, 8);
  CHECK(memcmp(data + 2, "Brewer", 6) == 0);
}

static void link_by_phone(void) {
  time_t begin = time(NULL);
  CHECK(listener >= 0);
  printf("core-life: ready\n");
  fflush(stdout);
  while (!is_linked && time(NULL) < begin + PATIENCE) {
    turn(200);
    take_events(0, NULL);
  }
  CHECK(is_linked);
  if (!is_linked) exit(1);
  CHECK_IS(redemptions, 1);
  CHECK_IS(refreshes, 1);
  // The phone stays a moment to read the news.
  begin = time(NULL);
  while (phone >= 0 && time(NULL) < begin + 15) {
    turn(200);
    take_events(0, NULL);
  }
}

static void press(void) {
  uint64_t request = 0;
  replenish_event *event;
  struct replenish_press noted;
  int before = notes;
  CHECK_IS(replenish_core_press(core, "beans", &request), 0);
  event = reply_to(request);
  if (event == NULL) return;
  CHECK_IS(replenish_event_get_type(event), REPLENISH_EVENT_NOTED);
  CHECK_IS(replenish_event_get_press(event, &noted, sizeof noted), 0);
  CHECK_TEXT(noted.slot, "beans");
  CHECK_IS(strlen(noted.id), 32);
  replenish_event_free(event);
  CHECK_IS(notes, before + 1);
}

static void ordinary_presses(void) {
  press();
  settle();
  CHECK_IS(orders, 1);
  CHECK_IS(last_state, REPLENISH_PRESS_ORDERED);
  CHECK_TEXT(last_instance, "order-1");
  CHECK_IS(replenish_core_get_light(core, "beans"), REPLENISH_LIGHT_ORDERED);
  press();
  settle();
  CHECK_IS(orders, 1);
  CHECK_IS(last_state, REPLENISH_PRESS_ALREADY_ORDERED);
  is_order_open = 0;
  // The button does the same.
  CHECK_IS(replenish_core_button(core, "beans", 1), 0);
  leap += 200;
  CHECK_IS(replenish_core_button(core, "beans", 0), 0);
  settle();
  CHECK_IS(orders, 2);
  CHECK_IS(last_state, REPLENISH_PRESS_ORDERED);
  is_order_open = 0;
}

static void without_network(void) {
  int looks, closed = closed_presses;
  has_network = 0;
  press();
  settle();
  CHECK_IS(orders, 2);
  CHECK_IS(replenish_core_get_light(core, "beans"), REPLENISH_LIGHT_RETRYING);
  has_network = 1;
  for (looks = 0; looks < 50 && closed_presses == closed; looks++) leap_ahead();
  CHECK_IS(orders, 3);
  CHECK_IS(last_state, REPLENISH_PRESS_ORDERED);
  is_order_open = 0;
}

// The answer is lost and the power goes: the order is asked for again, and the service says that it is open.
static void answer_lost_in_a_cut(const char *setup_record, const char *client_id) {
  int looks, closed;
  lose_answer = 1;
  press();
  settle();
  CHECK_IS(orders, 4);
  lose_answer = 0;
  closed = closed_presses;
  cut(setup_record, client_id, "boot-2");
  for (looks = 0; looks < 50 && closed_presses == closed; looks++) leap_ahead();
  CHECK_IS(orders, 4);
  CHECK_IS(closed_presses, closed + 1);
  CHECK_IS(last_state, REPLENISH_PRESS_ALREADY_ORDERED);
  is_order_open = 0;
}

// The power goes after each store in turn: what was noted is ordered once, what was not is ordered once at most.
static void cut_everywhere(const char *setup_record, const char *client_id) {
  int stores, looks, orders_before, notes_before, closed;
  char name[32];
  for (stores = 0; stores < 6; stores++) {
    uint64_t request = 0;
    orders_before = orders;
    notes_before = notes;
    stores_until_cut = stores;
    CHECK_IS(replenish_core_press(core, "beans", &request), 0);
    settle();
    snprintf(name, sizeof name, "cut-%d", stores);
    closed = closed_presses;
    cut(setup_record, client_id, name);
    for (looks = 0; looks < 50; looks++) {
      struct replenish_press shown;
      if (replenish_core_get_press(core, 0, &shown, sizeof shown) == 0 && shown.state > REPLENISH_PRESS_SENDING) break;
      leap_ahead();
    }
    (void)closed;
    CHECK(orders - orders_before <= 1);
    CHECK(orders - orders_before >= notes - notes_before);
    is_order_open = 0;
  }
  // With no cut within its reach it is ordered, or the loop above has shown nothing.
  CHECK_IS(orders - orders_before, 1);
}

static void other_questions(void) {
  struct replenish_slot_status level = REPLENISH_SLOT_STATUS_INIT;
  struct replenish_subscription slot;
  struct replenish_product product;
  struct replenish_order_item item;
  struct replenish_cancelled_slot cancelled;
  struct replenish_status status;
  const char *json = NULL;
  replenish_event *event;
  uint64_t request = 0;

  level.remaining = 50;
  level.original = 250;
  CHECK_IS(replenish_core_report_slot_status(core, "beans", &level, sizeof level, &request), 0);
  replenish_event_free(reply_to(request));
  settle();
  CHECK_IS(slot_reports, 1);

  CHECK_IS(replenish_core_query_slots(core, &request), 0);
  event = reply_to(request);
  CHECK_IS(replenish_event_get_type(event), REPLENISH_EVENT_SLOTS);
  CHECK_IS(replenish_event_get_count(event), 1);
  CHECK_IS(replenish_event_get_subscription(event, 0, &slot, sizeof slot), 0);
  CHECK_TEXT(slot.slot, "CoffeeBeans");
  CHECK(slot.is_subscribed == 1 && slot.product_count == 1);
  CHECK_IS(replenish_event_get_product(event, 0, 0, &product, sizeof product), 0);
  CHECK_TEXT(product.asin, "B00EXAMPLE");
  CHECK(product.quantity == 1.5);
  CHECK_IS(replenish_event_get_product(event, 0, 1, &product, sizeof product), -ENOENT);
  CHECK_IS(replenish_event_get_product(event, 1, 0, &product, sizeof product), -ENOENT);
  CHECK_IS(replenish_event_get_subscription(event, 1, &slot, sizeof slot), -ENOENT);
  CHECK_IS(replenish_event_get_order_item(event, 0, &item, sizeof item), -ENODATA);
  replenish_event_free(event);

  CHECK_IS(replenish_core_query_order(core, "order-1", &request), 0);
  event = reply_to(request);
  CHECK_IS(replenish_event_get_type(event), REPLENISH_EVENT_ORDER);
  CHECK_IS(replenish_event_get_order_item(event, 0, &item, sizeof item), 0);
  CHECK_TEXT(item.status, "Shipped");
  CHECK_TEXT(item.expected_delivery, "2026-01-05");
  replenish_event_free(event);

  CHECK_IS(replenish_core_cancel_test_orders(core, NULL, &request), 0);
  event = reply_to(request);
  CHECK_IS(replenish_event_get_cancelled_slot(event, 0, &cancelled, sizeof cancelled), 0);
  CHECK_TEXT(cancelled.status, "NO_ORDER_IN_PROGRESS");
  replenish_event_free(event);

  // No answer comes: the question is refused with the reason.
  has_network = 0;
  CHECK_IS(replenish_core_query_slots(core, &request), 0);
  event = reply_to(request);
  CHECK_IS(replenish_event_get_error(event), -EHOSTUNREACH);
  replenish_event_free(event);
  has_network = 1;

  CHECK_IS(replenish_core_get_status(core, &status, sizeof status), 0);
  CHECK_IS(status.link, REPLENISH_LINK_LINKED);
  CHECK_IS(status.generation, 1);
  CHECK_IS(status.has_setup_record, 1);
  CHECK_IS(replenish_core_get_status_json(core, &json), 0);
  CHECK_TEXT(json, "\"link\":\"linked\"");
  CHECK(json != NULL && strstr(json, "access-") == NULL && strstr(json, "refresh-1") == NULL);
}

static void unlink_device(void) {
  uint64_t request = 0;
  replenish_event *event;
  int before = orders;
  struct replenish_status status;

  CHECK_IS(replenish_core_unlink(core, &request), 0);
  event = reply_to(request);
  CHECK_IS(replenish_event_get_type(event), REPLENISH_EVENT_DONE);
  replenish_event_free(event);
  CHECK_IS(replenish_core_press(core, "beans", &request), 0);
  event = reply_to(request);
  CHECK_IS(replenish_event_get_error(event), -ENOTCONN);
  replenish_event_free(event);
  settle();
  CHECK_IS(deregistrations, 1);
  CHECK_IS(orders, before);
  CHECK(!is_linked);
  CHECK(record("link", 0) == NULL);
  CHECK(record("farewell", 0) == NULL);
  CHECK_IS(replenish_core_get_status(core, &status, sizeof status), 0);
  CHECK_IS(status.link, REPLENISH_LINK_NONE);
}

static void misuse(void) {
  struct replenish_core_answer wrong;
  replenish_event *event = NULL;
  uint64_t place = 7;
  memset(&wrong, 0, sizeof wrong);
  wrong.body_size = 5;
  CHECK_IS(replenish_core_answer(core, 1, NULL, sizeof wrong), -EINVAL);
  CHECK_IS(replenish_core_answer(core, 1, &wrong, sizeof wrong), -EINVAL);
  CHECK_IS(replenish_core_answer(core, 1, &wrong, 4), -EINVAL);
  wrong.body_size = 0;
  wrong.status = -5;
  CHECK_IS(replenish_core_answer(core, 4000000000u, &wrong, sizeof wrong), 0);
  CHECK_IS(replenish_core_answer_failed(core, 4000000000u, 99, 0), -EINVAL);
  CHECK_IS(replenish_core_phone_packet(core, "x", 0), -EINVAL);
  CHECK_IS(replenish_core_phone_packet(core, NULL, 5), -EINVAL);
  CHECK_IS(replenish_core_phone_packet(core, &wrong, 518), -EINVAL);
  CHECK_IS(replenish_core_phone_packet(core, "\xFF\xFF", 2), 0);
  CHECK_IS(replenish_core_phone_disconnected(core), 0);
  CHECK_IS(replenish_core_button(core, "tea", 1), -ENOENT);
  CHECK_IS(replenish_core_get_deadline(core, NULL), -EINVAL);
  CHECK_IS(replenish_core_get_deadline(NULL, &place), -EINVAL);
  CHECK_IS(replenish_core_new(NULL, NULL, NULL, 0, NULL), -EINVAL);
  CHECK_IS(replenish_core_start(NULL, NULL), -EINVAL);
  CHECK_IS(replenish_core_wake(NULL), -EINVAL);
  CHECK_IS(replenish_core_button(NULL, "beans", 1), -EINVAL);
  CHECK_IS(replenish_core_answer(NULL, 1, &wrong, sizeof wrong), -EINVAL);
  CHECK_IS(replenish_core_answer_failed(NULL, 1, 0, 0), -EINVAL);
  CHECK_IS(replenish_core_phone_connected(NULL), -EINVAL);
  CHECK_IS(replenish_core_phone_packet(NULL, "x", 1), -EINVAL);
  CHECK_IS(replenish_core_phone_disconnected(NULL), -EINVAL);
  CHECK_IS(replenish_core_get_advertisement(NULL, 0, &place, 8), -EINVAL);
  CHECK_IS(replenish_core_get_scan_response(NULL, "x", &place, 8), -EINVAL);
  CHECK_IS(replenish_core_next_event(NULL, &event), -EINVAL);
  CHECK_IS(replenish_core_press(NULL, "beans", &place), -EINVAL);
  CHECK_IS(replenish_core_open_setup(NULL, &place), -EINVAL);
  CHECK_IS(replenish_core_unlink(NULL, &place), -EINVAL);
  CHECK_IS(replenish_core_erase(NULL, &place), -EINVAL);
  CHECK_IS(replenish_core_query_slots(NULL, &place), -EINVAL);
  CHECK_IS(replenish_core_query_order(NULL, "x", &place), -EINVAL);
  CHECK_IS(replenish_core_cancel_test_orders(NULL, NULL, &place), -EINVAL);
  CHECK_IS(replenish_core_report_slot_status(NULL, "beans", NULL, 0, &place), -EINVAL);
  CHECK_IS(replenish_core_get_light(NULL, "beans"), -EINVAL);
  CHECK(replenish_core_get_error(NULL) == NULL);
  CHECK(replenish_core_unref(NULL) == NULL && replenish_core_ref(NULL) == NULL);
  CHECK(place == 7 && event == NULL);
}

// A torn record is seen, and a press that may be in it is not hidden.
static void torn_journal(const char *setup_record, const char *client_id) {
  struct record *journal = record("journal", 0);
  CHECK(journal != NULL);
  if (journal == NULL) return;
  journal->bytes[journal->size - 1] ^= 1;
  cut(setup_record, client_id, "torn");
  settle();
  CHECK_IS(replenish_core_get_light(core, "beans"), REPLENISH_LIGHT_IN_DOUBT);
}

int main(int count, char **values) {
  const char *record_path, *client_id;
  int index;

  if (count < 3 || count > 4) return 2;
  record_path = values[1];
  phone_path = values[2];
  client_id = count > 3 ? values[3] : NULL;
  CHECK_TEXT(replenish_version(), REPLENISH_VERSION);
  boot(record_path, client_id, "boot-1");
  take_events(0, NULL);
  advertise();
  link_by_phone();
  ordinary_presses();
  without_network();
  answer_lost_in_a_cut(record_path, client_id);
  cut_everywhere(record_path, client_id);
  other_questions();
  misuse();
  unlink_device();
  torn_journal(record_path, client_id);
  CHECK(replenish_core_ref(core) == core);
  CHECK(replenish_core_unref(core) == NULL);
  core = replenish_core_unref(core);
  hang_up();
  if (listener >= 0) close(listener);
  for (index = 0; index < RECORDS; index++) free(disk[index].bytes);
  unlink(phone_path);
  return checks_end("core-life");
}
