// Life: whether a process is there. It ends at a step that was drawn beforehand, or when somebody kills it; what is left of
// it in this program may go on, and reaches nothing any more.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace br::world {

class Life {
 public:
  Life(int number, std::int64_t steps) : number_(number), steps_left_(steps) {}
  int number() const { return number_; }
  bool is_over() const { return is_over_; }
  // Before each thing that reaches the outside: a write, a sync, a call. false: the process is gone, and it does not happen.
  bool step() {
    if (++steps_ == looked_at_ && look_) look_();
    if (!is_over_ && steps_left_ >= 0 && steps_left_-- == 0) end();
    return !is_over_;
  }
  std::int64_t steps() const { return steps_; }
  void end() {
    if (is_over_) return;
    is_over_ = true;
    for (const auto& then : at_end_) then();
  }
  // Before the step of that number.
  void at_step(std::int64_t number, std::function<void()> look) {
    looked_at_ = number;
    look_ = std::move(look);
  }
  void at_end(std::function<void()> then) { at_end_.push_back(std::move(then)); }

 private:
  int number_;
  std::int64_t steps_left_;  // negative: it is not killed by itself
  std::int64_t steps_ = 0;
  std::int64_t looked_at_ = 0;
  std::function<void()> look_;
  bool is_over_ = false;
  std::vector<std::function<void()>> at_end_;
};

}  // namespace br::world
