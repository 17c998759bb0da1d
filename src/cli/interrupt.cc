#include "cli/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace cli {
namespace {

constexpr int kPatienceSeconds = 3;
constexpr int kSignalExit = 128;

sigset_t interrupts() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

struct InterruptWatch::State {
  std::function<void()> wake;
  std::atomic<int> signal{0};
  std::atomic<bool> ended{false};
  std::thread thread;

  void run() {
    const sigset_t with_end = [] {
      sigset_t set = interrupts();
      sigaddset(&set, SIGUSR2);
      return set;
    }();
    int got = 0;
    while (sigwait(&with_end, &got) != 0 || got == SIGUSR2) {
      if (ended) return;
    }
    signal = got;
    wake();
    const timespec patience{kPatienceSeconds, 0};
    sigtimedwait(&with_end, nullptr, &patience);
    if (!ended) _exit(kSignalExit + got);
  }
};

void block_interrupts() {
  sigset_t set = interrupts();
  sigaddset(&set, SIGUSR2);  // ends the watching thread
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

InterruptWatch::InterruptWatch(std::function<void()> wake) : state_(new State) {
  state_->wake = std::move(wake);
  state_->thread = std::thread([state = state_] { state->run(); });
}

InterruptWatch::~InterruptWatch() {
  state_->ended = true;
  pthread_kill(state_->thread.native_handle(), SIGUSR2);
  state_->thread.join();
  delete state_;
}

int InterruptWatch::signal() const { return state_->signal; }

int wait_for_interrupt() {
  const sigset_t set = interrupts();
  int got = 0;
  while (sigwait(&set, &got) != 0) {
  }
  return got;
}

bool came_interrupt(int ms) {
  const sigset_t set = interrupts();
  const timespec patience{ms / 1000, ms % 1000 * 1'000'000L};
  return sigtimedwait(&set, nullptr, &patience) > 0;
}

}  // namespace cli
