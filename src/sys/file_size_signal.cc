#include "sys/file_size_signal.h"

#include <ctime>

namespace br {
namespace {

sigset_t only_that() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGXFSZ);
  return set;
}

}  // namespace

NoFileSizeSignal::NoFileSizeSignal() {
  const sigset_t set = only_that();
  sigset_t before;
  if (pthread_sigmask(SIG_BLOCK, &set, &before) == 0) blocked_before_ = sigismember(&before, SIGXFSZ) == 1;
}

// One that came meanwhile is taken away first: unblocked, it would end the program now.
NoFileSizeSignal::~NoFileSizeSignal() {
  if (blocked_before_) return;
  const sigset_t set = only_that();
  const timespec at_once{0, 0};
  sigset_t pending;
  if (sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 1) sigtimedwait(&set, nullptr, &at_once);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace br
