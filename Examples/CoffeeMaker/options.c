#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <replenish.h>

static const char help[] =
    "usage: coffee-maker --state FOLDER --model MODEL (--serial SERIAL | --serial-file FILE) [options]\n"
    "\n"
    "The replenishing part of a coffee maker: orders beans when the hopper runs low. Runs in the foreground until\n"
    "SIGTERM, SIGINT or the end of its standard input.\n"
    "\n"
    "  --state FOLDER         where it keeps what must survive; made if absent\n"
    "  --model MODEL          the device model id from the Dash console\n"
    "  --serial SERIAL        the serial number of this machine\n"
    "  --serial-file FILE     a file that holds it\n"
    "  --setup-record FILE    the record that replenish-factory made for it\n"
    "  --slot NAME[=ID]       the slot of the beans, and its id in the Dash console if that differs (beans)\n"
    "  --client-id ID         the only Login with Amazon client id that a phone may link with\n"
    "  --test-device          register as a test device, whose orders cost nothing\n"
    "\n"
    "  --level FILE           read the level, 0 to 100 per cent, from FILE; without it standard input stands in for\n"
    "                         sensor and front panel: a line with a number is a level; `setup`, `unlink`, `order`,\n"
    "                         `status` and `slots` are keys\n"
    "  --every SECONDS        how often to read FILE (60)\n"
    "  --low PERCENT          order when the level falls below (20)\n"
    "  --refilled PERCENT     ready to order again when the level is at least this (50)\n"
    "  --capacity AMOUNT      what a full hopper holds, in the product's unit (250)\n"
    "\n"
    "  --phone-socket PATH    let a phone's part in through this socket instead of Bluetooth; for the desk only\n"
    "  --control-socket PATH  let replenishctl in\n"
    "  --ca-file FILE         the certificate authorities to trust (the system's)\n"
    "  --token-host URL, --service-host URL\n"
    "                         talk to other hosts than Amazon's, for tests\n"
    "  --seal-key FILE        the board's key that seals the tokens on disk\n"
    "\n"
    "  --cloud URL            order through the maker's cloud at this address instead; then `setup` tells the cloud that\n"
    "                         somebody is here, and --ca-file names the authorities of the cloud\n"
    "  --cloud-certificate FILE, --cloud-key FILE\n"
    "                         who the machine is for the cloud, in PEM; the key for this user alone\n"
    "  --cloud-downlink       let the cloud ask which machine this is\n"
    "\n"
    "  --self-test            test what this program was linked with, on this board, and end\n"
    "  --version              the version of the library\n"
    "  --help                 this text\n"
    "\n"
    "exit codes: 0 ended as asked; 1 could not start or failed; 2 wrong arguments\n";

enum {
  STATE = 1, MODEL, SERIAL, SERIAL_FILE, SETUP_RECORD, SLOT, CLIENT_ID, TEST_DEVICE, LEVEL, EVERY, LOW, REFILLED,
  CAPACITY, PHONE_SOCKET, CONTROL_SOCKET, CA_FILE, TOKEN_HOST, SERVICE_HOST, SEAL_KEY, CLOUD, CLOUD_CERTIFICATE, CLOUD_KEY,
  CLOUD_DOWNLINK, SELF_TEST, VERSION, HELP
};

static const struct option names[] = {
    {"state", required_argument, NULL, STATE},
    {"model", required_argument, NULL, MODEL},
    {"serial", required_argument, NULL, SERIAL},
    {"serial-file", required_argument, NULL, SERIAL_FILE},
    {"setup-record", required_argument, NULL, SETUP_RECORD},
    {"slot", required_argument, NULL, SLOT},
    {"client-id", required_argument, NULL, CLIENT_ID},
    {"test-device", no_argument, NULL, TEST_DEVICE},
    {"level", required_argument, NULL, LEVEL},
    {"every", required_argument, NULL, EVERY},
    {"low", required_argument, NULL, LOW},
    {"refilled", required_argument, NULL, REFILLED},
    {"capacity", required_argument, NULL, CAPACITY},
    {"phone-socket", required_argument, NULL, PHONE_SOCKET},
    {"control-socket", required_argument, NULL, CONTROL_SOCKET},
    {"ca-file", required_argument, NULL, CA_FILE},
    {"token-host", required_argument, NULL, TOKEN_HOST},
    {"service-host", required_argument, NULL, SERVICE_HOST},
    {"seal-key", required_argument, NULL, SEAL_KEY},
    {"cloud", required_argument, NULL, CLOUD},
    {"cloud-certificate", required_argument, NULL, CLOUD_CERTIFICATE},
    {"cloud-key", required_argument, NULL, CLOUD_KEY},
    {"cloud-downlink", no_argument, NULL, CLOUD_DOWNLINK},
    {"self-test", no_argument, NULL, SELF_TEST},
    {"version", no_argument, NULL, VERSION},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static void report_check(void *userdata, const char *name, int passed) {
  (void)userdata;
  printf("%s: %s\n", passed ? "passed" : "FAILED", name);
}

static int mistake(const char *what, const char *detail) {
  fprintf(stderr, "coffee-maker: %s%s; see coffee-maker --help\n", what, detail);
  return 2;
}

// A number in a range, or 0 if it is none.
static int number(const char *text, double lowest, double highest, double *value) {
  char *end;
  double parsed = strtod(text, &end);
  if (end == text || *end != '\0' || !(parsed >= lowest && parsed <= highest)) return 0;
  *value = parsed;
  return 1;
}

int options_read(struct options *options, int count, char **values) {
  double every = 60;
  char *equals;
  int option;

  memset(options, 0, sizeof *options);
  options->slot = "beans";
  options->low = 20;
  options->refilled = 50;
  options->capacity = 250;
  while ((option = getopt_long(count, values, "", names, NULL)) != -1) {
    switch (option) {
      case STATE: options->folder = optarg; break;
      case MODEL: options->model = optarg; break;
      case SERIAL: options->serial = optarg; break;
      case SERIAL_FILE: options->serial_file = optarg; break;
      case SETUP_RECORD: options->setup_record = optarg; break;
      case SLOT:
        options->slot = optarg;
        if ((equals = strchr(optarg, '=')) != NULL) {
          *equals = '\0';
          options->slot_id = equals + 1;
        }
        break;
      case CLIENT_ID: options->client_id = optarg; break;
      case TEST_DEVICE: options->is_test_device = 1; break;
      case LEVEL: options->level_file = optarg; break;
      case EVERY:
        if (!number(optarg, 1, 86400, &every)) return mistake("--every is 1 to 86400 seconds, not ", optarg);
        break;
      case LOW:
        if (!number(optarg, 0, 100, &options->low)) return mistake("--low is 0 to 100 per cent, not ", optarg);
        break;
      case REFILLED:
        if (!number(optarg, 0, 100, &options->refilled)) return mistake("--refilled is 0 to 100 per cent, not ", optarg);
        break;
      case CAPACITY:
        if (!number(optarg, 1, 1e9, &options->capacity)) return mistake("--capacity is 1 to 1e9, not ", optarg);
        break;
      case PHONE_SOCKET: options->phone_socket = optarg; break;
      case CONTROL_SOCKET: options->control_socket = optarg; break;
      case CA_FILE: options->ca_file = optarg; break;
      case TOKEN_HOST: options->token_host = optarg; break;
      case SERVICE_HOST: options->service_host = optarg; break;
      case SEAL_KEY: options->seal_key = optarg; break;
      case CLOUD: options->cloud = optarg; break;
      case CLOUD_CERTIFICATE: options->cloud_certificate = optarg; break;
      case CLOUD_KEY: options->cloud_key = optarg; break;
      case CLOUD_DOWNLINK: options->has_cloud_downlink = 1; break;
      case SELF_TEST: return replenish_self_test(report_check, NULL) < 0;
      case VERSION: printf("coffee-maker, libreplenish %s\n", replenish_version()); return 0;
      case HELP: fputs(help, stdout); return 0;
      default: return 2;  // getopt_long has said what was wrong
    }
  }
  options->every = (int)every;
  if (optind < count) return mistake("unknown argument ", values[optind]);
  if (options->folder == NULL) return mistake("--state is missing", "");
  if (options->model == NULL) return mistake("--model is missing", "");
  if ((options->serial == NULL) == (options->serial_file == NULL))
    return mistake("one of --serial and --serial-file is needed", "");
  if (options->low > options->refilled) return mistake("--low is above --refilled", "");
  return -1;
}
