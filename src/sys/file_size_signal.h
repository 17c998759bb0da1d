// A write over the limit of file sizes (ulimit -f) raises SIGXFSZ, which ends a program that does not expect it. While
// this object lives the calling thread gets EFBIG alone.
#pragma once

#include <csignal>

namespace br {

class NoFileSizeSignal {
 public:
  NoFileSizeSignal();
  ~NoFileSizeSignal();
  NoFileSizeSignal(const NoFileSizeSignal&) = delete;
  NoFileSizeSignal& operator=(const NoFileSizeSignal&) = delete;

 private:
  bool blocked_before_ = true;
};

}  // namespace br
