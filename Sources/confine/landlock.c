#ifdef __linux__
#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's interface, in numbers of our own: a distribution's headers may be older than its
// kernel. https://docs.kernel.org/userspace-api/landlock.html
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { ASK_VERSION = 1, PATH_BENEATH = 1 };

struct ruleset {
  uint64_t files, network, scopes;
};
struct __attribute__((packed)) rule {
  uint64_t allowed;
  int32_t parent;
};

enum {
  EXECUTE = 1 << 0,
  WRITE_FILE = 1 << 1,
  READ_FILE = 1 << 2,
  READ_FOLDER = 1 << 3,
  ALL_FIRST = (1 << 13) - 1,
  REFER = 1 << 13,
  TRUNCATE = 1 << 14,
  DEVICE = 1 << 15,
};
enum { BIND_TCP = 1 << 0, CONNECT_TCP = 1 << 1 };
enum { ABSTRACT_SOCKETS = 1 << 0, SIGNALS = 1 << 1 };

static void allow(int ruleset, const char *path, uint64_t rights) {
  int parent = open(path, O_PATH | O_CLOEXEC);
  // What is not there needs no permission.
  if (parent < 0 && errno == ENOENT) return;
  struct stat facts;
  if (parent < 0 || fstat(parent, &facts)) fail(path);
  if (!S_ISDIR(facts.st_mode)) rights &= EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | DEVICE;
  struct rule rule = {.allowed = rights, .parent = parent};
  if (syscall(ADD_RULE, ruleset, PATH_BENEATH, &rule, 0)) fail(path);
  close(parent);
}

void restrict_files(char **readable, int readable_count, char **writable, int writable_count) {
  long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
  if (version < 1) fail("this kernel has no Landlock");
  uint64_t all = ALL_FIRST | (version >= 2 ? REFER : 0) | (version >= 3 ? TRUNCATE : 0)
      | (version >= 5 ? DEVICE : 0);
  struct ruleset attributes = {
      .files = all,
      .network = version >= 4 ? BIND_TCP | CONNECT_TCP : 0,
      .scopes = version >= 6 ? ABSTRACT_SOCKETS | SIGNALS : 0,
  };
  size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  int ruleset = (int)syscall(CREATE_RULESET, &attributes, size, 0);
  if (ruleset < 0) fail("Landlock rules could not be made");

  for (int index = 0; index < readable_count; index++) {
    allow(ruleset, readable[index], (EXECUTE | READ_FILE | READ_FOLDER) & all);
  }
  for (int index = 0; index < writable_count; index++) {
    allow(ruleset, writable[index], all & ~(uint64_t)DEVICE);
  }
  const char *devices[] = {"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/full"};
  for (unsigned index = 0; index < sizeof devices / sizeof *devices; index++) {
    allow(ruleset, devices[index], READ_FILE | WRITE_FILE);
  }
  if (syscall(RESTRICT_SELF, ruleset, 0)) fail("Landlock rules could not be applied");
  close(ruleset);
}

#endif
