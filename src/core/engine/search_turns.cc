#include "core/engine/search_turns.h"

namespace br {
namespace {

constexpr std::size_t kAtATime = 16;
constexpr std::int64_t kLongestUseMs = 300'000;
// Of bodies that are kept, in all. What does not fit is asked for again.
constexpr std::size_t kMostBytes = std::size_t{32} << 20;

}  // namespace

bool SearchTurns::begin(const Part& part, Op op) {
  if (searching_.contains(part)) return true;
  if (searching_.size() < kAtATime) {
    searching_.insert(part);
    return true;
  }
  if (queued_.insert(part).second) waiting_.push_back({part, op});
  return false;
}

void SearchTurns::end(const Part& part) {
  searching_.erase(part);
  queued_.erase(part);
}

std::optional<SearchTurns::Turn> SearchTurns::next() {
  while (searching_.size() < kAtATime && !waiting_.empty()) {
    const Turn turn = waiting_.front();
    waiting_.pop_front();
    if (queued_.erase(turn.part) == 0) continue;  // it gave up meanwhile
    searching_.insert(turn.part);
    return turn;
  }
  return std::nullopt;
}

const HttpResponse* SharedAnswers::find(const std::string& call, std::int64_t now_ms) const {
  const auto found = answers_.find(call);
  return found == answers_.end() || now_ms - found->second.ms > kLongestUseMs ? nullptr : &found->second.response;
}

bool SharedAnswers::ask(const std::string& call, Use use) {
  const auto [at, is_first] = asked_.try_emplace(call);
  if (!is_first) at->second.push_back(std::move(use));
  return is_first;
}

std::vector<SharedAnswers::Use> SharedAnswers::answered(const std::string& call, const HttpResponse& response,
                                                        std::int64_t now_ms) {
  const auto before = answers_.find(call);
  if (before != answers_.end()) {
    bytes_ -= before->second.response.body.size();
    answers_.erase(before);
  }
  if (response.ok() && bytes_ + response.body.size() <= kMostBytes) {
    bytes_ += response.body.size();
    answers_[call] = {response, now_ms};
  }
  const auto at = asked_.find(call);
  if (at == asked_.end()) return {};
  std::vector<Use> waiting = std::move(at->second);
  asked_.erase(at);
  return waiting;
}

// Answers that are under way may be as old as those that go.
void SharedAnswers::clear() {
  answers_.clear();
  bytes_ = 0;
}

}  // namespace br
