#include "annotate.h"

#include <string.h>

// Appends the object without its last bracket and without the named member; returns whether a comma must follow.
static bool append_open_without(struct buffer *out, struct json object, bool (*leave_out)(struct json, const void *),
                                const void *context) {
  struct json name, value;
  size_t position = 0;
  bool any = false;
  append_text(out, "{");
  while (json_is_object(object) && json_next(object, &position, &name, &value)) {
    if (leave_out(name, context)) continue;
    if (any) append_text(out, ",");
    append_json(out, name, "");
    append_text(out, ":");
    append_json(out, value, "");
    any = true;
  }
  return any;
}

static bool is_named(struct json name, const void *context) { return json_equal_text(name, context); }

static bool is_member_of(struct json wanted, const void *context) {
  struct json name, value;
  size_t position = 0;
  while (json_next(*(const struct json *)context, &position, &name, &value))
    if (json_equal(name, wanted)) return true;
  return false;
}

static void append_merged(struct buffer *out, struct json present, struct json added) {
  struct json name, value;
  size_t position = 0;
  bool any = append_open_without(out, present, is_member_of, &added);
  while (json_next(added, &position, &name, &value)) {
    if (any) append_text(out, ",");
    append_json(out, name, "");
    append_text(out, ":");
    append_json(out, value, "");
    any = true;
  }
  append_text(out, "}");
}

void append_annotated(struct buffer *out, struct json object, struct json added) {
  struct json metadata = json_member(object, "metadata");
  append_text(out, append_open_without(out, object, is_named, "metadata") ? ",\"metadata\":" : "\"metadata\":");
  append_text(out, append_open_without(out, metadata, is_named, "annotations") ? ",\"annotations\":" : "\"annotations\":");
  append_merged(out, json_member(metadata, "annotations"), added);
  append_text(out, "}}");
}

bool is_string_map(struct json value) {
  struct json name, member;
  size_t position = 0;
  if (json_is_nothing(value)) return true;
  if (!json_is_object(value)) return false;
  while (json_next(value, &position, &name, &member))
    if (!json_is_string(member)) return false;
  return true;
}
