// Preloaded into the program: its disk is full for as long as the file that FULL_DISK names is there.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_full(int fd) {
  const char* flag = getenv("FULL_DISK");
  struct stat info;
  if (flag == NULL || access(flag, F_OK) != 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return 0;
  errno = ENOSPC;
  return 1;
}

#define WRITING(name, parameters, arguments)                                     \
  ssize_t name parameters {                                                      \
    static ssize_t(*_Atomic real) parameters;                                    \
    if (is_full(fd)) return -1;                                                  \
    if (real == NULL) real = (ssize_t(*) parameters)dlsym(RTLD_NEXT, #name);     \
    return real arguments;                                                       \
  }

WRITING(write, (int fd, const void* data, size_t size), (fd, data, size))
WRITING(pwrite, (int fd, const void* data, size_t size, off_t at), (fd, data, size, at))
WRITING(pwrite64, (int fd, const void* data, size_t size, off64_t at), (fd, data, size, at))
WRITING(writev, (int fd, const struct iovec* pieces, int count), (fd, pieces, count))
