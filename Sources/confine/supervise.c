#ifdef __linux__
#define _GNU_SOURCE
#include "confine.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void give_up_user(uid_t user) {
  if (setgroups(0, NULL)) fail("the groups could not be given up");
  if (setresgid(user, user, user)) fail("the group could not be given up");
  if (setresuid(user, user, user)) fail("the user could not be given up");
}

static void start(uid_t user, const char *file, char **command, pid_t supervisor) {
  // A group of its own, so that a signal to the supervisor's group is the supervisor's alone.
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  if (file) {
    // Opened before the user changes: it may be none of the new user's business.
    int descriptor = open(file, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) fail(file);
    if (descriptor == 3) {
      fcntl(3, F_SETFD, 0);
    } else if (dup2(descriptor, 3) < 0) {
      fail(file);
    }
  }
  if (user) give_up_user(user);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("new privileges could not be ruled out");
  // Cleared by a change of user, so it comes after.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != supervisor) _exit(CONFINE_FAILED);
  execvp(command[0], command);
  fail(command[0]);
}

// The parent of a process, or 0.
static pid_t parent_of(const char *process) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%.20s/stat", process);
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  ssize_t length = read(descriptor, text, sizeof text - 1);
  close(descriptor);
  if (length <= 0) return 0;
  text[length] = 0;
  // The name stands in parentheses and may hold anything; state and parent follow it.
  char *end = strrchr(text, ')');
  int parent;
  return end && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

static void kill_children(void) {
  DIR *processes = opendir("/proc");
  if (!processes) return;
  pid_t self = getpid();
  for (struct dirent *entry; (entry = readdir(processes));) {
    if (isdigit((unsigned char)entry->d_name[0]) && parent_of(entry->d_name) == self) {
      kill(atoi(entry->d_name), SIGKILL);
    }
  }
  closedir(processes);
}

// Ends every process of a user at once, which no fork slips away from.
static void kill_user(uid_t user) {
  pid_t helper = fork();
  if (helper == 0) {
    give_up_user(user);
    kill(-1, SIGKILL);
    _exit(0);
  }
  if (helper > 0) waitpid(helper, NULL, 0);
}

// Ends all that descends from this process: what loses its parent becomes its child.
static void sweep(uid_t user, pid_t program) {
  kill(program, SIGKILL);
  for (int round = 0; round < 5000; round++) {
    if (user) kill_user(user);
    kill_children();
    pid_t gone;
    while ((gone = waitpid(-1, NULL, WNOHANG)) > 0) {}
    if (gone < 0 && errno == ECHILD) return;
    nanosleep(&(struct timespec){.tv_nsec = round < 20 ? 500000 : 2000000}, NULL);
  }
}

int supervise(int count, char **arguments) {
  uid_t user = 0;
  const char *file = NULL;
  int index = 0;
  for (; index < count && strcmp(arguments[index], "--"); index += 2) {
    if (index + 1 >= count) misused("an option has no value");
    if (!strcmp(arguments[index], "--uid")) {
      user = (uid_t)number("--uid needs a number", arguments[index + 1]);
    } else if (!strcmp(arguments[index], "--open")) {
      file = arguments[index + 1];
    } else {
      misused("supervise knows --uid and --open");
    }
  }
  char **command = arguments + index + 1;
  if (index + 1 >= count) misused("there is no program after --");

  pid_t starter = getppid(), self = getpid();
  if (close_range(3, ~0U, 0)) fail("descriptors could not be closed");
  if (prctl(PR_SET_CHILD_SUBREAPER, 1)) fail("orphans could not be adopted");
  sigset_t awaited;
  sigemptyset(&awaited);
  for (const int *signal = (int[]){SIGCHLD, SIGTERM, SIGINT, SIGHUP, 0}; *signal; signal++) {
    sigaddset(&awaited, *signal);
  }
  sigprocmask(SIG_BLOCK, &awaited, NULL);

  pid_t program = fork();
  if (program < 0) fail("the program could not be started");
  if (program == 0) start(user, file, command, self);
  // Whoever asks has to see the end of the pipes when the program ends.
  close_range(0, 1, 0);

  int code = 128 + SIGTERM;
  for (int running = 1; running && getppid() == starter;) {
    int signal = sigtimedwait(&awaited, NULL, &(struct timespec){.tv_nsec = 200000000});
    if (signal == SIGTERM || signal == SIGINT || signal == SIGHUP) break;
    int status;
    for (pid_t gone; (gone = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (gone != program) continue;
      code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
      running = 0;
    }
  }
  sweep(user, program);
  return code;
}

#endif
