/* SPDX-License-Identifier: MIT */
#ifndef WARD_JSON_PLACE_H
#define WARD_JSON_PLACE_H

#include <jansson.h>

#include "wardverify.h"

/**
 * json_place - where a member stands in the text
 * @text: what @root was read from
 * @object: whose member; NULL = the first object in the text that has one of that name
 * @key: NULL = @object itself
 * Returns the offset of the name's first quotation mark, or of the object; -1 = it is
 * not there.
 */
int64_t json_place(struct wv_bytes text, json_t *root, const json_t *object, const char *key);

#endif /* WARD_JSON_PLACE_H */
