// Ctrl-C and SIGTERM. The job's state is on disk at every moment, so stopping means: wake whoever waits, say how to go
// on, and leave within seconds.
#pragma once

#include <functional>

namespace cli {

// Blocks SIGINT and SIGTERM in this thread and those it starts; call it first of all.
void block_interrupts();

// While it lives, a thread of its own waits for the two signals. The first one calls `wake`; if the process still runs
// three seconds later, or a second signal comes, it exits with the signal's code.
class InterruptWatch {
 public:
  explicit InterruptWatch(std::function<void()> wake);
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  // 0, or the signal that came.
  int signal() const;

 private:
  struct State;
  State* state_;
};

// Waits for one of the two signals and returns it.
int wait_for_interrupt();
// Whether one of them came within so many milliseconds.
bool came_interrupt(int ms);

}  // namespace cli
