// Preloaded into the program: it dies, as by kill -9, right after the DIE_AT_STEP-th durable step it takes. A durable step
// is a sync, a rename, a link or an unlink: what the program knows to be on disk before it goes on.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long steps;

static void count_step(void) {
  const char* wanted = getenv("DIE_AT_STEP");
  if (wanted != NULL && atomic_fetch_add(&steps, 1) + 1 == atol(wanted)) kill(getpid(), SIGKILL);
}

#define STEP(name, parameters, arguments)                                                                    \
  int name parameters {                                                                                      \
    static int(*_Atomic real) parameters;                                                                    \
    if (real == NULL) real = (int(*) parameters)dlsym(RTLD_NEXT, #name);                                     \
    const int result = real arguments;                                                                       \
    count_step();                                                                                            \
    return result;                                                                                           \
  }

STEP(fsync, (int fd), (fd))
STEP(fdatasync, (int fd), (fd))
STEP(rename, (const char* from, const char* to), (from, to))
STEP(link, (const char* from, const char* to), (from, to))
STEP(unlink, (const char* path), (path))
