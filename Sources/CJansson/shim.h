// What ReplenishCore uses of jansson. A shim stands here where Swift cannot import a macro or an atomic inline function.
#pragma once
#include <jansson.h>

static inline json_t *replenish_json_retain(json_t *value) { return json_incref(value); }
static inline void replenish_json_release(json_t *value) { json_decref(value); }
static inline int replenish_json_type(const json_t *value) { return (int)value->type; }
static inline int replenish_json_is_sole_reference(const json_t *value) { return value->refcount == 1; }
