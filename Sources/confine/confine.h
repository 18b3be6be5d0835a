// confine: starts a program that is not trusted, and leaves nothing of it behind.
//
//   confine supervise [--uid N] [--open FILE] -- PROGRAM ARG…
//   confine inside [LIMITS] [--landlock --read PATH… --write PATH…] [--chdir PATH] -- PROGRAM ARG…
//
// `supervise` stands outside: it gives up the user it runs as, starts the program, waits, and ends
// everything that descends from it when the program ends, when it is told to (SIGTERM), or when the
// process that started it is gone. `inside` stands within the sandbox: it sets limits that count
// only what runs there, and then becomes the program.
#ifndef CONFINE_H
#define CONFINE_H

#ifdef __linux__

// The exit code when the program could not be started; a sentence on standard error says why.
enum { CONFINE_FAILED = 125 };

// Ends with CONFINE_FAILED and the system's reason.
__attribute__((noreturn)) void fail(const char *what);
// Ends with CONFINE_FAILED because the command line is wrong.
__attribute__((noreturn)) void misused(const char *what);
// The number that an option's value holds.
unsigned long long number(const char *option, const char *text);

// The two halves; `arguments` begins after their names.
int supervise(int count, char **arguments);
int inside(int count, char **arguments);

// Forbids all files but those named, TCP, and signals to processes outside, as far as the kernel can.
void restrict_files(char **readable, int readable_count, char **writable, int writable_count);
// Forbids system calls no answer needs: the network, other namespaces, memory no limit counts.
void restrict_calls(void);

#endif
#endif
