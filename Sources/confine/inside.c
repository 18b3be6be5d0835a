#ifdef __linux__
#define _GNU_SOURCE
#include "confine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

// An option that sets a limit, and the limit.
static const struct {
  const char *option;
  int resource;
} limits[] = {
    {"--processes", RLIMIT_NPROC},    {"--file-bytes", RLIMIT_FSIZE},
    {"--open-files", RLIMIT_NOFILE},  {"--address-bytes", RLIMIT_AS},
    {"--processor-seconds", RLIMIT_CPU},
};

static void limit(int resource, rlim_t value) {
  if (setrlimit(resource, &(struct rlimit){value, value})) fail("a limit could not be set");
}

static int set_limit(const char *option, const char *value) {
  for (unsigned index = 0; index < sizeof limits / sizeof *limits; index++) {
    if (strcmp(option, limits[index].option)) continue;
    limit(limits[index].resource, number(option, value));
    return 1;
  }
  return 0;
}

// Of all processes, the system ends these first when memory runs out.
static void offer_to_the_system(void) {
  int descriptor = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  if (write(descriptor, "1000", 4) != 4) {}
  close(descriptor);
}

int inside(int count, char **arguments) {
  char **readable = calloc(count + 1, sizeof *readable);
  char **writable = calloc(count + 1, sizeof *writable);
  if (!readable || !writable) fail("the arguments");
  int readable_count = 0, writable_count = 0, landlock = 0;
  const char *folder = NULL;
  int index = 0;
  while (index < count && strcmp(arguments[index], "--")) {
    const char *option = arguments[index++];
    if (!strcmp(option, "--landlock")) {
      landlock = 1;
      continue;
    }
    if (index >= count) misused("an option has no value");
    char *value = arguments[index++];
    if (!strcmp(option, "--read")) {
      readable[readable_count++] = value;
    } else if (!strcmp(option, "--write")) {
      writable[writable_count++] = value;
    } else if (!strcmp(option, "--chdir")) {
      folder = value;
    } else if (!set_limit(option, value)) {
      misused(option);
    }
  }
  char **command = arguments + index + 1;
  if (index + 1 >= count) misused("there is no program after --");

  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_MSGQUEUE, 0);
  offer_to_the_system();
  umask(077);
  close_range(3, ~0U, 0);
  if (folder && chdir(folder)) fail(folder);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("new privileges could not be ruled out");
  if (landlock) restrict_files(readable, readable_count, writable, writable_count);
  restrict_calls();
  execv(command[0], command);
  fail(command[0]);
}

#endif
