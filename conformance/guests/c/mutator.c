// test-admission-mut of contract fork §9, and mut-helper when its settings name the annotations.
#include <string.h>

#include "annotate.h"
#include "envelope.h"

__attribute__((export_name("validate"))) void validate(void) {
  static const char test_annotation[] = "{\"puzzle.ch/test-annotation\":\"foo\"}";
  struct envelope in;
  if (!read_envelope(&in)) return;
  struct json request = json_member(in.request, "request");
  struct json object = json_member(request, "object");
  struct json annotations = json_member(in.settings, "annotations");
  if (!json_is_object(request)) return answer_error("request not set in AdmissionReview");
  if (!json_is_object(object)) return answer_error("no object in admission request");
  if (!is_string_map(annotations)) return answer_error("the annotations are not strings");
  if (json_is_nothing(annotations)) {
    bool given = !json_is_nothing(in.settings);
    annotations = given ? json_document("{}", 2) : json_document(test_annotation, strlen(test_annotation));
  }
  struct buffer mutated = {0}, out = {0};
  append_annotated(&mutated, object, annotations);
  append_text(&out, "{\"response\":{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":{\"uid\":");
  append_json(&out, json_member(request, "uid"), "\"\"");
  append_text(&out, ",\"allowed\":true,\"patchType\":\"Full\",\"patch\":");
  append_base64(&out, mutated.at, mutated.length);
  append_text(&out, "}},\"error\":null}");
  write_output(out);
}
