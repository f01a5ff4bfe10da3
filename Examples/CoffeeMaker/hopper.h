// The hopper: how full it is, and whether it is time to order.
//
// A level sensor wavers, and beans are used while an order is on its way: so the machine orders once when the level falls
// below `low`, and not again before somebody has refilled the hopper to `refilled`. That an order was made is kept in a file,
// or a restart beside an empty hopper would order once more.
#ifndef COFFEE_HOPPER_H
#define COFFEE_HOPPER_H

struct hopper {
  double low, refilled;  // per cent
  double level;          // per cent; negative while it is not known
  int is_ordered;        // an order was made since the last refill
  char mark[4096];       // the file that says so
};

// Reads what was ordered before a restart. Returns 0, or a negative errno.
int hopper_open(struct hopper *hopper, const char *folder, double low, double refilled);

// Takes a level in per cent; returns 1 if it differs from the last one.
int hopper_take(struct hopper *hopper, double level);

// Whether it is time to order.
int hopper_needs_order(const struct hopper *hopper);

// Notes durably that an order was made, or that none is after all. Returns 0, or a negative errno.
int hopper_set_ordered(struct hopper *hopper, int is_ordered);

#endif
