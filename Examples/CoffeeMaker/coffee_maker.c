// The replenishing part of a coffee maker: a C program with a loop of its own, in which libreplenish is one descriptor.
//
// The sensor, the front panel and the signals are the other descriptors. See README.md.
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <replenish.h>

#include "hopper.h"
#include "options.h"

struct machine {
  const struct options *options;
  struct hopper hopper;
  replenish_device *device;
  uint64_t order;       // the request number of the order that is being asked for; 0 if none is
  int is_linked;        // an order is possible; without an account it is not asked for
  int is_over;
  char line[256];       // what came of a line so far
  size_t line_length;
};

static void say(const char *what, const char *detail) {
  printf("coffee-maker: %s%s\n", what, detail);
  fflush(stdout);
}

static void complain(const char *what, const char *detail) { fprintf(stderr, "coffee-maker: %s%s\n", what, detail); }

static void log_line(void *userdata, int priority, const char *text) {
  (void)userdata;
  if (priority <= 4) complain("", text);
}

// The level, and what follows from it

static void consider_ordering(struct machine *machine) {
  if (!machine->is_linked || machine->order != 0 || !hopper_needs_order(&machine->hopper)) return;
  if (replenish_device_press(machine->device, machine->options->slot, &machine->order) < 0)
    complain("cannot order: ", replenish_device_get_error(machine->device));
}

static void remember(struct machine *machine, int is_ordered) {
  int error = hopper_set_ordered(&machine->hopper, is_ordered);
  if (error < 0) complain("cannot note the order: ", strerror(-error));
}

static void report_level(struct machine *machine) {
  struct replenish_slot_status status = REPLENISH_SLOT_STATUS_INIT;

  if (!machine->is_linked || machine->hopper.level < 0) return;
  status.remaining = machine->options->capacity * machine->hopper.level / 100;
  status.original = machine->options->capacity;
  if (replenish_device_report_slot_status(
          machine->device, machine->options->slot, &status, sizeof status, NULL) < 0)
    complain("cannot report the level: ", replenish_device_get_error(machine->device));
}

static void take_level(struct machine *machine, double level) {
  if (!hopper_take(&machine->hopper, level)) return;
  if (level >= machine->hopper.refilled) remember(machine, 0);
  report_level(machine);
  consider_ordering(machine);
}

// Events

static void take_press(struct machine *machine, const replenish_event *event) {
  struct replenish_press press;

  if (replenish_event_get_press(event, &press, sizeof press) < 0) return;
  switch (press.state) {
    // Nothing came of it and nothing will: the next level below the mark orders again.
    case REPLENISH_PRESS_EXPIRED:
    case REPLENISH_PRESS_VOID: remember(machine, 0); break;
    // Refused or in doubt: a person must look. Until the hopper is refilled, nothing is ordered by itself.
    default: break;
  }
}

static void take_slots(const replenish_event *event) {
  struct replenish_subscription slot;
  size_t index;

  for (index = 0; index < replenish_event_get_count(event); index++) {
    if (replenish_event_get_subscription(event, index, &slot, sizeof slot) == 0)
      printf("coffee-maker: %s is %ssubscribed\n", slot.slot, slot.is_subscribed ? "" : "not ");
  }
  fflush(stdout);
}

static void take_answer(struct machine *machine, const replenish_event *event) {
  int is_order = replenish_event_get_request(event) == machine->order && machine->order != 0;

  if (is_order) machine->order = 0;
  switch (replenish_event_get_type(event)) {
    // On disk at the library: from here on it is ordered once, whatever is unplugged. A cut before the mark is written makes
    // this program ask again, which joins the open press, or finds the order open at Amazon.
    case REPLENISH_EVENT_NOTED: remember(machine, 1); break;
    case REPLENISH_EVENT_SLOTS: take_slots(event); break;
    case REPLENISH_EVENT_REFUSED: say("refused: ", replenish_event_get_text(event)); break;
    default: break;
  }
}

static void take_event(struct machine *machine, const replenish_event *event) {
  int type = replenish_event_get_type(event);

  if (type != REPLENISH_EVENT_LIGHT && type != REPLENISH_EVENT_DONE) say("", replenish_event_get_text(event));
  if (replenish_event_get_request(event) != 0) {
    take_answer(machine, event);
    return;
  }
  switch (type) {
    case REPLENISH_EVENT_LINKED:
      machine->is_linked = 1;
      report_level(machine);
      consider_ordering(machine);
      break;
    case REPLENISH_EVENT_UNLINKED: machine->is_linked = 0; break;
    case REPLENISH_EVENT_PRESS: take_press(machine, event); break;
    default: break;
  }
}

static void take_events(struct machine *machine) {
  replenish_event *event;

  while (replenish_device_next_event(machine->device, &event) > 0) {
    take_event(machine, event);
    replenish_event_free(event);
  }
}

// The front panel

static void take_line(struct machine *machine, const char *line) {
  char *end;
  double level = strtod(line, &end);
  const char *json;
  int result = 0;

  if (end != line && *end == '\0') {
    if (level >= 0 && level <= 100) take_level(machine, level);
    else complain("a level is 0 to 100, not ", line);
    return;
  }
  if (strcmp(line, "setup") == 0) result = replenish_device_open_setup(machine->device, NULL);
  else if (strcmp(line, "unlink") == 0) result = replenish_device_unlink(machine->device, NULL);
  else if (strcmp(line, "order") == 0) result = replenish_device_press(machine->device, machine->options->slot, NULL);
  else if (strcmp(line, "slots") == 0) result = replenish_device_query_slots(machine->device, NULL);
  else if (strcmp(line, "status") == 0) {
    result = replenish_device_get_status_json(machine->device, &json);
    if (result == 0) say("", json);
  } else if (line[0] != '\0') complain("no level and no key: ", line);
  if (result < 0) complain("", replenish_device_get_error(machine->device));
}

static void take_input(struct machine *machine) {
  char bytes[256];
  ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes), index;

  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count <= 0) {
    machine->is_over = 1;
    return;
  }
  for (index = 0; index < count; index++) {
    if (bytes[index] != '\n') {
      // What is longer than a line can be is cut, and is then no level and no key.
      if (machine->line_length < sizeof machine->line - 1) machine->line[machine->line_length++] = bytes[index];
      continue;
    }
    machine->line[machine->line_length] = '\0';
    machine->line_length = 0;
    take_line(machine, machine->line);
  }
}

static void look_at_sensor(struct machine *machine, int timer) {
  char text[32] = "";
  uint64_t times;
  double level;
  char *end;
  int file;

  if (read(timer, &times, sizeof times) < 0) return;
  file = open(machine->options->level_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0 || read(file, text, sizeof text - 1) <= 0) {
    complain("the level cannot be read: ", strerror(errno));
  } else {
    level = strtod(text, &end);
    if (end != text && level >= 0 && level <= 100) take_level(machine, level);
    else complain("no level of 0 to 100: ", text);
  }
  if (file >= 0) close(file);
}

// Start

static int configure(replenish_config *config, const struct options *options) {
  char state[4096];
  int length = snprintf(state, sizeof state, "%s/replenish", options->folder);

  if (length < 0 || (size_t)length >= sizeof state) return -ENAMETOOLONG;
  if (replenish_config_set_model(config, options->model) < 0) return -1;
  if (options->serial != NULL && replenish_config_set_serial(config, options->serial) < 0) return -1;
  if (options->serial_file != NULL &&
      replenish_config_add_serial_source(config, REPLENISH_SERIAL_FILE, options->serial_file) < 0)
    return -1;
  if (replenish_config_add_slot(config, options->slot, options->slot_id) < 0) return -1;
  if (replenish_config_set_state_folder(config, state) < 0) return -1;
  if (replenish_config_set_setup_record(config, options->setup_record) < 0) return -1;
  if (replenish_config_set_client_id(config, options->client_id) < 0) return -1;
  if (replenish_config_set_seal_key_file(config, options->seal_key) < 0) return -1;
  if (replenish_config_set_ca_file(config, options->ca_file) < 0) return -1;
  if (replenish_config_set_hosts(config, options->token_host, options->service_host) < 0) return -1;
  if (replenish_config_set_phone_socket(config, options->phone_socket) < 0) return -1;
  if (replenish_config_set_control_socket(config, options->control_socket, NULL, NULL) < 0) return -1;
  if (replenish_config_set_test_device(config, options->is_test_device) < 0) return -1;
  if (replenish_config_set_cloud(config, options->cloud, options->cloud_certificate, options->cloud_key) < 0) return -1;
  if (replenish_config_set_cloud_downlink(config, options->has_cloud_downlink) < 0) return -1;
  return replenish_config_set_log(config, log_line, NULL);
}

static int make_device(struct machine *machine) {
  replenish_config *config;
  struct replenish_status status;
  int result;

  if ((result = replenish_config_new(&config)) < 0) return result;
  if ((result = configure(config, machine->options)) < 0 ||
      (result = replenish_device_new(&machine->device, config)) < 0)
    complain("", replenish_config_get_error(config));
  replenish_config_free(config);
  if (result < 0) return result;
  if ((result = replenish_device_start(machine->device)) < 0 ||
      (result = replenish_device_get_status(machine->device, &status, sizeof status)) < 0) {
    complain("", replenish_device_get_error(machine->device));
    return result;
  }
  machine->is_linked = status.link == REPLENISH_LINK_LINKED || status.link == REPLENISH_LINK_WAITING_FOR_CLOCK;
  printf("coffee-maker: model %s, serial %s, %s\n", replenish_device_get_model(machine->device),
         replenish_device_get_serial(machine->device), replenish_link_name(status.link));
  fflush(stdout);
  return 0;
}

static int watch(int loop, int file) {
  struct epoll_event wanted;

  memset(&wanted, 0, sizeof wanted);
  wanted.events = EPOLLIN;
  wanted.data.fd = file;
  return epoll_ctl(loop, EPOLL_CTL_ADD, file, &wanted) == 0 ? 0 : -errno;
}

static int open_signals(void) {
  sigset_t signals;

  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  // Before the device is made: libcurl's thread inherits what is blocked, and must not take these.
  if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0) return -1;
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int open_timer(int seconds) {
  struct itimerspec when;
  int timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);

  memset(&when, 0, sizeof when);
  when.it_value.tv_nsec = 1;
  when.it_interval.tv_sec = seconds;
  if (timer >= 0 && timerfd_settime(timer, 0, &when, NULL) != 0) {
    close(timer);
    return -1;
  }
  return timer;
}

static int run(struct machine *machine, int loop, int signals, int timer) {
  int descriptor = replenish_device_get_fd(machine->device);

  if (watch(loop, descriptor) < 0 || watch(loop, signals) < 0) return -errno;
  if (timer >= 0 && watch(loop, timer) < 0) return -errno;
  // With a sensor in a file, standard input is not read. A file or /dev/null cannot be waited for (EPERM): no front panel.
  if (timer < 0 && watch(loop, STDIN_FILENO) < 0 && errno != EPERM) return -errno;
  take_events(machine);
  while (!machine->is_over) {
    struct epoll_event ready;
    int count = epoll_wait(loop, &ready, 1, -1);

    if (count < 0 && errno != EINTR) return -errno;
    if (count <= 0) continue;
    if (ready.data.fd == descriptor) {
      if (replenish_device_dispatch(machine->device) < 0) {
        complain("", replenish_device_get_error(machine->device));
        return -EIO;
      }
    } else if (ready.data.fd == signals) {
      machine->is_over = 1;
    } else if (ready.data.fd == timer) {
      look_at_sensor(machine, timer);
    } else {
      take_input(machine);
    }
    take_events(machine);
  }
  return 0;
}

int main(int count, char **values) {
  struct options options;
  struct machine machine;
  int result = options_read(&options, count, values), loop, signals, timer = -1;

  if (result >= 0) return result;
  memset(&machine, 0, sizeof machine);
  machine.options = &options;
  if (mkdir(options.folder, 0700) != 0 && errno != EEXIST) {
    complain("the state folder cannot be made: ", strerror(errno));
    return 1;
  }
  if ((result = hopper_open(&machine.hopper, options.folder, options.low, options.refilled)) < 0) {
    complain("the state folder cannot be read: ", strerror(-result));
    return 1;
  }
  loop = epoll_create1(EPOLL_CLOEXEC);
  signals = open_signals();
  if (options.level_file != NULL) timer = open_timer(options.every);
  if (loop < 0 || signals < 0 || (options.level_file != NULL && timer < 0)) {
    complain("the loop cannot be made: ", strerror(errno));
    return 1;
  }
  result = make_device(&machine);
  if (result == 0) result = run(&machine, loop, signals, timer);
  if (result < 0 && machine.device != NULL) complain("ended: ", strerror(-result));
  replenish_device_unref(machine.device);
  if (timer >= 0) close(timer);
  close(signals);
  close(loop);
  return result < 0 ? 1 : 0;
}
