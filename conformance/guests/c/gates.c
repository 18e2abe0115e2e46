// The three deciding test modules of contract fork §9 in one: test-authn, test-authz and test-admission.
#include "envelope.h"

// The setting, or absent; answers the error and returns false when it is present and not a string.
static bool string_setting(struct json settings, const char *name, struct json *value) {
  *value = json_member(settings, name);
  if (!value->at || json_is_string(*value)) return true;
  answer_error("a setting is not a string");
  return false;
}

static void answer_authenticated(struct json user, struct json uid, struct json groups, struct json audiences) {
  struct buffer out = {0};
  append_text(&out, "{\"response\":{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenReview\",\"status\":"
                    "{\"authenticated\":true,\"user\":{\"username\":");
  append_json(&out, user, "\"my-user\"");
  append_text(&out, ",\"uid\":");
  append_json(&out, uid, "\"1337\"");
  append_text(&out, ",\"groups\":");
  append_json(&out, groups, "[\"system:masters\"]");
  append_text(&out, "},\"audiences\":");
  append_json(&out, audiences, "null");
  append_text(&out, "}},\"error\":null}");
  write_output(out);
}

__attribute__((export_name("authn"))) void authn(void) {
  struct envelope in;
  struct json wanted, user, uid;
  if (!read_envelope(&in)) return;
  if (!string_setting(in.settings, "token", &wanted) || !string_setting(in.settings, "user", &user) ||
      !string_setting(in.settings, "uid", &uid))
    return;
  struct json groups = json_member(in.settings, "groups");
  if (groups.at && !json_is_array(groups)) return answer_error("the groups are not a list");
  struct json spec = json_member(in.request, "spec");
  struct json token = json_member(spec, "token");
  if (wanted.at ? json_equal(token, wanted) : json_equal_text(token, "my-test-token"))
    return answer_authenticated(user, uid, groups, json_member(spec, "audiences"));
  struct buffer out = {0};
  append_text(&out, "{\"response\":{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenReview\",\"status\":"
                    "{\"authenticated\":false,\"error\":\"invalid token\"}},\"error\":null}");
  write_output(out);
}

static bool contains(struct json list, struct json wanted) {
  struct json value;
  size_t position = 0;
  while (json_is_array(list) && json_next(list, &position, NULL, &value))
    if (json_equal(value, wanted)) return true;
  return false;
}

// Beside allow_all, a member of magic_group may touch what is called magic_name; everything else is left to others.
__attribute__((export_name("authz"))) void authz(void) {
  struct envelope in;
  struct json group, wanted;
  if (!read_envelope(&in)) return;
  if (!string_setting(in.settings, "magic_group", &group) || !string_setting(in.settings, "magic_name", &wanted)) return;
  struct json spec = json_member(in.request, "spec");
  struct json name = json_member(json_member(spec, "resourceAttributes"), "name");
  bool member = group.at && contains(json_member(spec, "groups"), group);
  bool allowed = json_is_nothing(in.settings) || json_is_true(json_member(in.settings, "allow_all")) ||
                 (member && json_equal(name, wanted));
  struct buffer out = {0};
  append_text(&out, "{\"response\":{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"status\":"
                    "{\"allowed\":");
  append_text(&out, allowed ? "true" : "false");
  append_text(&out, "}},\"error\":null}");
  write_output(out);
}

// In the namespace "default" only pods named "foo" may be.
__attribute__((export_name("validate"))) void validate(void) {
  struct envelope in;
  if (!read_envelope(&in)) return;
  struct json request = json_member(in.request, "request");
  if (!json_is_object(request)) return answer_error("request not set in AdmissionReview");
  struct json object = json_member(request, "object");
  bool is_pod = json_equal_text(json_member(json_member(request, "kind"), "kind"), "Pod") && json_is_object(object);
  bool denied = is_pod && json_equal_text(json_member(request, "namespace"), "default") &&
                !json_equal_text(json_member(json_member(object, "metadata"), "name"), "foo");
  struct buffer out = {0};
  append_text(&out, "{\"response\":{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":{\"uid\":");
  append_json(&out, json_member(request, "uid"), "\"\"");
  append_text(&out, denied ? ",\"allowed\":false}},\"error\":null}" : ",\"allowed\":true}},\"error\":null}");
  write_output(out);
}
