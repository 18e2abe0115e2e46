// A Kubewarden policy with the ABI of TinyGo's waPC guests, without its toolchain: a command whose _start must have run
// before wapc_init registers the operations. With -DEXIT_FROM_START its _start ends in proc_exit(0), as some runtimes
// do; compiled as a reactor it has _initialize in place of _start.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "annotate.h"

#define WAPC(name) __attribute__((import_module("wapc"), import_name(#name))) extern
WAPC(__guest_request) void guest_request(char *operation, char *payload);
WAPC(__guest_response) void guest_response(const char *bytes, size_t length);
WAPC(__guest_error) void guest_error(const char *text, size_t length);

static bool started, initialised;
static int calls;

static void start(void) { started = true; }

#ifdef REACTOR
__attribute__((constructor)) static void construct(void) { start(); }
#else
int main(void) {
  start();
#ifdef EXIT_FROM_START
  exit(0);
#endif
  return 0;
}
#endif

__attribute__((export_name("wapc_init"))) void wapc_init(void) { initialised = started; }

static int32_t respond(struct buffer out) {
  guest_response(out.at, out.length);
  return 1;
}

static int32_t respond_text(const char *text) {
  guest_response(text, strlen(text));
  return 1;
}

static int32_t refuse(const char *text) {
  guest_error(text, strlen(text));
  return 0;
}

static int32_t validate_settings(struct json settings) {
  bool valid = json_is_nothing(settings) ||
               (json_is_object(settings) && is_string_map(json_member(settings, "annotations")));
  return respond_text(valid ? "{\"valid\":true}" : "{\"valid\":false,\"message\":\"annotations must be strings\"}");
}

// Refuses objects named "forbidden" and puts the annotations of the settings on all others.
static int32_t validate(struct json document) {
  struct json request = json_member(document, "request");
  struct json object = json_member(request, "object");
  struct json annotations = json_member(json_member(document, "settings"), "annotations");
  if (json_equal_text(json_member(request, "name"), "forbidden"))
    return respond_text("{\"accepted\":false,\"message\":\"the name 'forbidden' is not allowed\",\"code\":422}");
  if (!json_is_object(object) || !json_is_object(annotations)) return respond_text("{\"accepted\":true}");
  struct buffer out = {0};
  append_text(&out, "{\"accepted\":true,\"mutated_object\":");
  append_annotated(&out, object, annotations);
  append_text(&out, "}");
  return respond(out);
}

static int32_t count(void) {
  char text[] = "0";
  text[0] = (char)('0' + ++calls % 10);
  return respond_text(text);
}

static bool is_operation(const char *operation, size_t length, const char *name) {
  return length == strlen(name) && memcmp(operation, name, length) == 0;
}

__attribute__((export_name("__guest_call"))) int32_t guest_call(size_t operation_length, size_t payload_length) {
  char *operation = malloc(operation_length + 1), *payload = malloc(payload_length + 1);
  if (!operation || !payload) abort();
  guest_request(operation, payload);
  if (!initialised) return refuse("called before _start and wapc_init");
  if (is_operation(operation, operation_length, "protocol_version")) return respond_text("\"v1\"");
  if (is_operation(operation, operation_length, "count")) return count();
  if (is_operation(operation, operation_length, "fail")) return 0;
  if (is_operation(operation, operation_length, "trap")) __builtin_trap();
  struct json document = json_document(payload, payload_length);
  if (!document.at) return refuse("the payload is not JSON");
  if (is_operation(operation, operation_length, "validate_settings")) return validate_settings(document);
  if (is_operation(operation, operation_length, "validate")) return validate(document);
  return refuse("unknown operation");
}
