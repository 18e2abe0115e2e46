// Shows what a module sees of its host and what its host sees of it.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

#include "envelope.h"

__attribute__((export_name("echo"))) void echo(void) { write_output(read_input()); }

static void print(const char *format, long long a, long long b, const char *c) {
  char text[256];
  int length = snprintf(text, sizeof text, format, a, b, c);
  write_output((struct buffer){text, (size_t)length, sizeof text});
}

__attribute__((export_name("count"))) void count(void) {
  static int global;
  static int *heap;
  if (!heap) heap = calloc(1, sizeof *heap);
  if (!heap) abort();
  print("{\"global\":%lld,\"memory\":%lld}", ++global, ++*heap, NULL);
}

static int64_t nanoseconds(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) != 0) abort();
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

__attribute__((export_name("now"))) void now(void) {
  unsigned char random[16];
  char hex[33];
  int64_t start = nanoseconds(CLOCK_MONOTONIC);
  if (getentropy(random, sizeof random) != 0) abort();
  for (int i = 0; i < 16; i++) snprintf(hex + 2 * i, 3, "%02x", random[i]);
  int64_t elapsed = nanoseconds(CLOCK_MONOTONIC) - start;
  print("{\"unixMillis\":%lld,\"elapsedNanos\":%lld,\"random\":\"%s\"}", nanoseconds(CLOCK_REALTIME) / 1000000, elapsed, hex);
}

__attribute__((export_name("surroundings"))) void surroundings(void) {
  size_t arguments, environment, size;
  if (__wasi_args_sizes_get(&arguments, &size) != 0 || __wasi_environ_sizes_get(&environment, &size) != 0) abort();
  bool files = open("/etc/passwd", O_RDONLY) >= 0;
  print("{\"arguments\":%lld,\"environment\":%lld,\"files\":%s}", (long long)arguments, (long long)environment,
        files ? "true" : "false");
}

__attribute__((export_name("fail"))) void fail(void) {
  static const char text[] = "stderr output\n";
  if (write(STDERR_FILENO, text, sizeof text - 1) < 0) return;
  __builtin_trap();
}

__attribute__((export_name("exit_zero"))) void exit_zero(void) { exit(0); }

__attribute__((export_name("exit_one"))) void exit_one(void) {
  print("\"an answer before the exit\"", 0, 0, NULL);
  exit(1);
}
