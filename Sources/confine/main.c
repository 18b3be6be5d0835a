#include "confine.h"

#include <stdio.h>

#ifdef __linux__

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *what) {
  fprintf(stderr, "confine: %s: %s\n", what, strerror(errno));
  _Exit(CONFINE_FAILED);
}

void misused(const char *what) {
  fprintf(stderr, "confine: %s\n", what);
  _Exit(CONFINE_FAILED);
}

unsigned long long number(const char *option, const char *text) {
  char *end;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  if (errno || end == text || *end || text[0] == '-') misused(option);
  return value;
}

int main(int count, char **arguments) {
  if (count >= 2 && !strcmp(arguments[1], "supervise")) {
    return supervise(count - 2, arguments + 2);
  }
  if (count >= 2 && !strcmp(arguments[1], "inside")) return inside(count - 2, arguments + 2);
  misused("expected supervise or inside");
}

#else

int main(void) {
  fputs("confine: student code can be held back on Linux only\n", stderr);
  return 125;
}

#endif
