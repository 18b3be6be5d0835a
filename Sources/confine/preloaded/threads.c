// Loaded into programs that Landlock holds back, so that they can look after their own threads.
//
// libdispatch counts its runnable workers about once a second, by opening /proc/N/stat where N is
// the number of a *thread*, and ends the process with a trap when it cannot. /proc/N of a thread
// is another folder than /proc/PID/task/N: the rule that lets a program read /proc/self never
// covers it, so whoever had work waiting when the monitor looked was ended, whatever its code.
// To let programs read all of /proc would show them every command line on the machine; a /proc of
// their own takes the namespaces that are missing where Landlock is used; a listener for system
// calls takes the right to read another process's memory, and a machine without one already.
//
// Here the same file is opened by its name under /proc/self/task, where the kernel has nothing but
// the threads of this very process. Where even that is hidden, as from a child of the program, an
// empty file stands for it: libdispatch takes that for a thread that is not running. Nothing
// here is trusted: the program may undo it, and sees no more for it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Whether a path is /proc/N/stat; N, with its end, is then copied to `number`.
static int is_stat_of_number(const char *path, char number[16]) {
  if (strncmp(path, "/proc/", 6)) return 0;
  size_t digits = strspn(path + 6, "0123456789");
  if (digits == 0 || digits > 10 || strcmp(path + 6 + digits, "/stat")) return 0;
  memcpy(number, path + 6, digits);
  number[digits] = 0;
  return 1;
}

static int is_own_thread(const char *number) {
  long thread = 0;
  for (; *number; number++) thread = thread * 10 + (*number - '0');
  // The kernel knows a thread of that number in this process, or does not.
  return thread <= 0x7fffffff && !syscall(SYS_tgkill, getpid(), (int)thread, 0);
}

int open(const char *path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) {
    va_list more;
    va_start(more, flags);
    mode = va_arg(more, mode_t);
    va_end(more);
  }
  char number[16];
  if (is_stat_of_number(path, number) && is_own_thread(number)) {
    char own[48] = "/proc/self/task/";
    strcat(strcat(own, number), "/stat");
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, own, flags, 0);
    if (descriptor >= 0 || errno != EACCES) return descriptor;
    return (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", flags, 0);
  }
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
