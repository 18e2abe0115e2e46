#include "envelope.h"

#include <stdlib.h>
#include <unistd.h>

struct buffer read_input(void) {
  struct buffer input = {0};
  char chunk[4096];
  ssize_t got;
  while ((got = read(STDIN_FILENO, chunk, sizeof chunk)) > 0) append(&input, chunk, (size_t)got);
  if (got < 0) abort();
  return input;
}

void write_output(struct buffer output) {
  for (size_t done = 0; done < output.length;) {
    ssize_t wrote = write(STDOUT_FILENO, output.at + done, output.length - done);
    if (wrote < 0) abort();
    done += (size_t)wrote;
  }
}

void answer_error(const char *text) {
  struct buffer out = {0};
  append_text(&out, "{\"response\":null,\"error\":\"");
  append_text(&out, text);
  append_text(&out, "\"}");
  write_output(out);
}

bool read_envelope(struct envelope *in) {
  struct buffer input = read_input();
  struct json document = json_document(input.at, input.length);
  *in = (struct envelope){json_member(document, "request"), json_member(document, "settings")};
  if (!json_is_object(document)) answer_error("the input is not one JSON object");
  else if (!json_is_object(in->request)) answer_error("the envelope has no request");
  else if (!json_is_nothing(in->settings) && !json_is_object(in->settings)) answer_error("the settings are not an object");
  else return true;
  return false;
}
