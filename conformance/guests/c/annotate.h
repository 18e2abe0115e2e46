#pragma once
#include "json.h"

// Appends `object` with metadata.annotations extended by the members of `added`, whose values replace those of the same
// name; every other byte of the object stays.
void append_annotated(struct buffer *out, struct json object, struct json added);
// Whether each member of the object is a string; true for an absent or null value.
bool is_string_map(struct json value);
