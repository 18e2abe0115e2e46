#include "json.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 512 };

struct cursor {
  const char *at;
  const char *end;
};

static bool skip_value(struct cursor *c, int depth);

static void skip_blanks(struct cursor *c) {
  while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r')) c->at++;
}

static bool take(struct cursor *c, char wanted) {
  if (c->at == c->end || *c->at != wanted) return false;
  c->at++;
  return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static bool skip_escape(struct cursor *c) {
  if (c->at == c->end) return false;
  char kind = *c->at++;
  if (kind != 'u') return strchr("\"\\/bfnrt", kind) != NULL && kind != '\0';
  for (int i = 0; i < 4; i++)
    if (c->at == c->end || hex_value(*c->at++) < 0) return false;
  return true;
}

static bool skip_string(struct cursor *c) {
  if (!take(c, '"')) return false;
  while (c->at < c->end) {
    unsigned char next = (unsigned char)*c->at++;
    if (next == '"') return true;
    if (next < 0x20) return false;
    if (next == '\\' && !skip_escape(c)) return false;
  }
  return false;
}

static bool skip_digits(struct cursor *c) {
  const char *start = c->at;
  while (c->at < c->end && is_digit(*c->at)) c->at++;
  return c->at > start;
}

static bool skip_number(struct cursor *c) {
  take(c, '-');
  if (!take(c, '0') && !skip_digits(c)) return false;
  if (take(c, '.') && !skip_digits(c)) return false;
  if (take(c, 'e') || take(c, 'E')) {
    if (!take(c, '+')) take(c, '-');
    return skip_digits(c);
  }
  return true;
}

static bool skip_word(struct cursor *c, const char *word) {
  size_t length = strlen(word);
  if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0) return false;
  c->at += length;
  return true;
}

static bool skip_item(struct cursor *c, bool named, int depth) {
  skip_blanks(c);
  if (named) {
    if (!skip_string(c)) return false;
    skip_blanks(c);
    if (!take(c, ':')) return false;
    skip_blanks(c);
  }
  if (!skip_value(c, depth)) return false;
  skip_blanks(c);
  return true;
}

static bool skip_container(struct cursor *c, char close, int depth) {
  if (depth == MAX_DEPTH) return false;
  c->at++;
  skip_blanks(c);
  if (take(c, close)) return true;
  do {
    if (!skip_item(c, close == '}', depth + 1)) return false;
  } while (take(c, ','));
  return take(c, close);
}

static bool skip_value(struct cursor *c, int depth) {
  if (c->at == c->end) return false;
  switch (*c->at) {
    case '{': return skip_container(c, '}', depth);
    case '[': return skip_container(c, ']', depth);
    case '"': return skip_string(c);
    case 't': return skip_word(c, "true");
    case 'f': return skip_word(c, "false");
    case 'n': return skip_word(c, "null");
    default: return skip_number(c);
  }
}

// What json_document has checked is passed by its quotes and brackets alone.
static void pass_string(struct cursor *c) {
  for (c->at++; *c->at != '"'; c->at++)
    if (*c->at == '\\') c->at++;
  c->at++;
}

static void pass_scalar(struct cursor *c) {
  while (c->at < c->end && !strchr(",]} \t\n\r", *c->at)) c->at++;
}

static void pass_value(struct cursor *c) {
  int depth = 0;
  do {
    if (*c->at == '"') {
      pass_string(c);
    } else if (*c->at == '{' || *c->at == '[') {
      depth++;
      c->at++;
    } else if (*c->at == '}' || *c->at == ']') {
      depth--;
      c->at++;
    } else if (depth == 0) {
      pass_scalar(c);
    } else {
      c->at++;
    }
  } while (depth > 0);
}

static struct json between(const char *start, const char *end) {
  return (struct json){start, (size_t)(end - start)};
}

struct json json_document(const char *text, size_t length) {
  struct cursor c = {text, text + length};
  skip_blanks(&c);
  const char *start = c.at;
  if (!skip_value(&c, 0)) return (struct json){0};
  struct json value = between(start, c.at);
  skip_blanks(&c);
  return c.at == c.end ? value : (struct json){0};
}

static bool starts_with(struct json value, char first) { return value.at && *value.at == first; }
bool json_is_object(struct json value) { return starts_with(value, '{'); }
bool json_is_array(struct json value) { return starts_with(value, '['); }
bool json_is_string(struct json value) { return starts_with(value, '"'); }
bool json_is_true(struct json value) { return starts_with(value, 't'); }
bool json_is_nothing(struct json value) { return !value.at || *value.at == 'n'; }

bool json_next(struct json container, size_t *position, struct json *name, struct json *value) {
  if (!json_is_object(container) && !json_is_array(container)) return false;
  struct cursor c = {container.at + *position, container.at + container.length};
  c.at++;  // The bracket the first time, the comma after that.
  skip_blanks(&c);
  if (c.at >= c.end || *c.at == '}' || *c.at == ']') return false;
  if (json_is_object(container)) {
    const char *start = c.at;
    pass_string(&c);
    *name = between(start, c.at);
    skip_blanks(&c);
    c.at++;
    skip_blanks(&c);
  }
  const char *start = c.at;
  pass_value(&c);
  *value = between(start, c.at);
  skip_blanks(&c);
  *position = (size_t)(c.at - container.at);
  // After the last item this is the closing bracket, and the next step would read past it.
  if (*c.at != ',') *position = container.length - 1;
  return true;
}

struct json json_member(struct json object, const char *wanted) {
  struct json found = {0}, name, value;
  size_t position = 0;
  if (!json_is_object(object)) return found;
  while (json_next(object, &position, &name, &value))
    if (json_equal_text(name, wanted)) found = value;
  return found;
}

static unsigned read_hex(const char *at) {
  unsigned code = 0;
  for (int i = 0; i < 4; i++) code = code << 4 | (unsigned)hex_value(at[i]);
  return code;
}

static void append_utf8(struct buffer *out, unsigned code) {
  char bytes[4];
  size_t length = 0;
  if (code < 0x80) {
    bytes[length++] = (char)code;
  } else if (code < 0x800) {
    bytes[length++] = (char)(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    bytes[length++] = (char)(0xE0 | code >> 12);
    bytes[length++] = (char)(0x80 | (code >> 6 & 0x3F));
  } else {
    bytes[length++] = (char)(0xF0 | code >> 18);
    bytes[length++] = (char)(0x80 | (code >> 12 & 0x3F));
    bytes[length++] = (char)(0x80 | (code >> 6 & 0x3F));
  }
  if (code >= 0x80) bytes[length++] = (char)(0x80 | (code & 0x3F));
  append(out, bytes, length);
}

// Appends what the \u escape at `at` means and returns where the text goes on; half a surrogate pair becomes U+FFFD.
static const char *append_unicode_escape(struct buffer *out, const char *at, const char *end) {
  unsigned code = read_hex(at);
  at += 4;
  if (code >= 0xD800 && code < 0xDC00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
    unsigned low = read_hex(at + 2);
    if (low >= 0xDC00 && low < 0xE000) {
      append_utf8(out, 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00));
      return at + 6;
    }
  }
  append_utf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
  return at;
}

// What a string means. The caller frees `at`.
static struct buffer decode(struct json string) {
  static const char *kinds = "bfnrt", *meanings = "\b\f\n\r\t";
  struct buffer out = {0};
  const char *at = string.at + 1, *end = string.at + string.length - 1;
  while (at < end) {
    if (*at != '\\') {
      append(&out, at++, 1);
      continue;
    }
    char kind = at[1];
    at += 2;
    const char *short_form = strchr(kinds, kind);
    if (kind == 'u') at = append_unicode_escape(&out, at, end);
    else append(&out, short_form ? &meanings[short_form - kinds] : &kind, 1);
  }
  return out;
}

static bool decodes_to(struct json string, const char *bytes, size_t length) {
  if (!json_is_string(string)) return false;
  // Without an escape the text stands between the quotes as it is.
  if (!memchr(string.at, '\\', string.length))
    return string.length - 2 == length && memcmp(string.at + 1, bytes, length) == 0;
  struct buffer decoded = decode(string);
  bool same = decoded.length == length && (length == 0 || memcmp(decoded.at, bytes, length) == 0);
  free(decoded.at);
  return same;
}

bool json_equal_text(struct json a, const char *text) { return decodes_to(a, text, strlen(text)); }

bool json_equal(struct json a, struct json b) {
  if (!json_is_string(b)) return false;
  struct buffer decoded = decode(b);
  bool same = decodes_to(a, decoded.at, decoded.length);
  free(decoded.at);
  return same;
}

void append(struct buffer *buffer, const char *text, size_t length) {
  if (buffer->length + length > buffer->capacity) {
    buffer->capacity = (buffer->length + length) * 2 + 64;
    buffer->at = realloc(buffer->at, buffer->capacity);
    if (!buffer->at) abort();
  }
  if (length > 0) memcpy(buffer->at + buffer->length, text, length);
  buffer->length += length;
}

void append_text(struct buffer *buffer, const char *text) { append(buffer, text, strlen(text)); }

void append_json(struct buffer *buffer, struct json value, const char *otherwise) {
  if (value.at) append(buffer, value.at, value.length);
  else append_text(buffer, otherwise);
}

void append_base64(struct buffer *buffer, const char *bytes, size_t length) {
  static const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *in = (const unsigned char *)bytes;
  append_text(buffer, "\"");
  for (size_t i = 0; i < length; i += 3) {
    size_t left = length - i;
    unsigned group = (unsigned)in[i] << 16 | (left > 1 ? (unsigned)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
    char out[4] = {digits[group >> 18], digits[group >> 12 & 63], left > 1 ? digits[group >> 6 & 63] : '=',
                   left > 2 ? digits[group & 63] : '='};
    append(buffer, out, 4);
  }
  append_text(buffer, "\"");
}
