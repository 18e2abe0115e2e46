// A policy as a command that does what its settings say: `answer` is JSON for its standard output, `text` a string in its
// place, `complaint` a string for its standard error, `exit` an exit code, `trap` and `spin` what they are called. Asked
// about its settings, it answers with their `verdict`, or that they are valid. Strings must not contain escapes.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "json.h"

static void write_string(struct json value, FILE *to) {
  if (json_is_string(value)) fwrite(value.at + 1, 1, value.length - 2, to);
}

static int perform(struct json settings) {
  write_string(json_member(settings, "complaint"), stderr);
  if (json_is_true(json_member(settings, "trap"))) __builtin_trap();
  if (json_is_true(json_member(settings, "spin")))
    for (volatile int i = 0;; i++) continue;
  struct json answer = json_member(settings, "answer");
  if (answer.at) fwrite(answer.at, 1, answer.length, stdout);
  write_string(json_member(settings, "text"), stdout);
  struct json code = json_member(settings, "exit");
  return code.at ? atoi(code.at) : 0;
}

static int judge_settings(struct json settings) {
  struct json verdict = json_member(settings, "verdict");
  if (verdict.at) fwrite(verdict.at, 1, verdict.length, stdout);
  else fputs("{\"valid\":true}", stdout);
  return 0;
}

int main(int argc, char **argv) {
  static char input[8 << 20];
  size_t length = fread(input, 1, sizeof input, stdin);
  struct json document = json_document(input, length);
  if (argc != 2 || !json_is_object(document)) {
    fprintf(stderr, "expected an operation and an object, got %d arguments", argc - 1);
    return 2;
  }
  if (strcmp(argv[1], "validate-settings") == 0) return judge_settings(document);
  if (strcmp(argv[1], "validate") == 0) return perform(json_member(document, "settings"));
  fprintf(stderr, "unknown operation %s", argv[1]);
  return 2;
}
