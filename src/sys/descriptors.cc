#include "sys/descriptors.h"

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace br {

bool descriptors_are_short() {
  std::array<int, 4> taken{};  // a connection needs up to three: the resolver's pair, then the socket
  bool short_of = false;
  for (int& fd : taken) {
    fd = eventfd(0, EFD_CLOEXEC);
    short_of = short_of || (fd < 0 && (errno == EMFILE || errno == ENFILE));
  }
  for (const int fd : taken) {
    if (fd >= 0) close(fd);
  }
  return short_of;
}

std::size_t descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 1024;
  return static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace br
