// The wire format of the k8s-wasm module specification (contract: fork §4).
#pragma once
#include "json.h"

struct envelope {
  struct json request;
  struct json settings;
};

// Everything on standard input. The caller owns it.
struct buffer read_input(void);
void write_output(struct buffer output);
// Reads the envelope; when it is not one, answers the error itself and returns false.
bool read_envelope(struct envelope *in);
// {"response":null,"error":text}; the text must need no escaping.
void answer_error(const char *text);
