// Tells what a command sees of its host, and ends as its input says; the same contract as the Go command.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern char **environ;

static int calls;

int main(int argc, char **argv) {
  static char input[1 << 20];
  size_t length = fread(input, 1, sizeof input - 1, stdin);
  size_t rest = fread(input + length, 1, 1, stdin);
  input[length] = 0;
  calls++;
  if (strncmp(input, "exit ", 5) == 0) {
    fputs("exiting\n", stderr);
    exit(atoi(input + 5));
  }
  if (strcmp(input, "panic") == 0) __builtin_trap();
  if (strcmp(input, "spin") == 0)
    for (volatile int i = 0;; i++) calls = i;
  if (strcmp(input, "grow") == 0 && !malloc(32 << 20)) return 3;
  int variables = 0;
  for (char **at = environ; at && *at; at++) variables++;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  printf("{\"arguments\":[");
  for (int i = 0; i < argc; i++) printf("%s\"%s\"", i ? "," : "", argv[i]);
  printf("],\"calls\":%d,\"environment\":%d,\"length\":%zu,\"unixMs\":%lld,\"anotherReadOf\":%zu}\n", calls, variables,
         length, (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, rest);
  return 0;
}
