// JSON as ranges of the text it was read from: a value is never rebuilt, so what a guest passes on stays byte for byte.
#pragma once
#include <stdbool.h>
#include <stddef.h>

// A value's characters without surrounding blanks; `at` is NULL for a value that is absent.
struct json {
  const char *at;
  size_t length;
};

// The document's value, or an absent one when the text is not exactly one JSON value (RFC 8259, at most 512 deep;
// whether its bytes are UTF-8 is not looked at).
struct json json_document(const char *text, size_t length);

// All of these take values that json_document accepted. An absent value is of no kind and has no members.
bool json_is_object(struct json value);
bool json_is_array(struct json value);
bool json_is_string(struct json value);
bool json_is_true(struct json value);
// Absent or null.
bool json_is_nothing(struct json value);

// The member of that name, the last one when there are several; absent when there is none.
struct json json_member(struct json object, const char *name);
// Steps through an object or array: false at the end. `position` starts as 0; `name` may be NULL for arrays.
bool json_next(struct json container, size_t *position, struct json *name, struct json *value);
// Compares strings by what they mean, not by how they are escaped.
bool json_equal(struct json a, struct json b);
bool json_equal_text(struct json a, const char *text);

// Text that grows at its end.
struct buffer {
  char *at;
  size_t length;
  size_t capacity;
};
void append(struct buffer *buffer, const char *text, size_t length);
void append_text(struct buffer *buffer, const char *text);
// The value as it was written, or `otherwise` when it is absent.
void append_json(struct buffer *buffer, struct json value, const char *otherwise);
// `length` bytes as one JSON string of base64.
void append_base64(struct buffer *buffer, const char *bytes, size_t length);
