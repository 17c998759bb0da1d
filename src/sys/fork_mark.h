// ForkMark: whether this process is a copy that fork() made of the one that the mark was made in. Asked with every call
// of the library, for every single result too, so it makes no system call where the kernel can help (Linux 4.14).
#pragma once

#include <atomic>
#include <cstdint>

namespace br {

class ForkMark {
 public:
  ForkMark();
  bool is_copy() const;  // any thread

 private:
  const std::atomic<std::uint64_t>* page_;  // nullptr: the process id is asked for
  std::uint64_t process_;
};

}  // namespace br
