// What the command line asks for.
#ifndef COFFEE_OPTIONS_H
#define COFFEE_OPTIONS_H

struct options {
  const char *folder;        // where the machine keeps its state
  const char *model, *serial, *serial_file;
  const char *setup_record;
  const char *slot, *slot_id;
  const char *client_id;
  const char *ca_file;
  const char *seal_key;
  const char *token_host, *service_host;
  const char *cloud, *cloud_certificate, *cloud_key;  // null: the machine orders by itself
  int has_cloud_downlink;
  const char *phone_socket, *control_socket;
  const char *level_file;    // null: lines on standard input
  int every;                 // seconds between two looks at it
  double capacity;           // what a full hopper holds, in the product's unit
  double low, refilled;      // per cent: order below the first, ready to order again from the second on
  int is_test_device;
};

// Reads the arguments. Returns -1 to go on, or the exit code with which to end.
int options_read(struct options *options, int count, char **values);

#endif
