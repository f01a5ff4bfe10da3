// Nothing to call: see bridge-object.c, which only has to be linked.
