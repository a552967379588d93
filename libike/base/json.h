/* SPDX-License-Identifier: ISC */
/*
 * JSON text into jansson's values. Not by two threads at once: jansson is told which memory to take
 * for the whole process, for the time of a read.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#include "arena.h"
#include "error.h"

/*
 * The whole of text, which is one JSON object or array; a key stands in an object once. The value
 * lies in a and goes with it: it is read only, never json_decref()ed. IKE_E_INPUT: no such text.
 */
IKE_NODISCARD enum ike_err json_read(struct span text, struct arena *a, const json_t **out);

#endif
