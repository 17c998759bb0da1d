#include "model/job.h"

#include <array>

namespace br {
namespace {

constexpr std::array<std::pair<State, const char*>, 10> kNames = {{
    {State::validating, "validating"},
    {State::in_progress, "in_progress"},
    {State::completed, "completed"},
    {State::failed, "failed"},
    {State::cancelled, "cancelled"},
    {State::expired, "expired"},
    {State::queued, "queued"},
    {State::submitting, "submitting"},
    {State::finalizing, "finalizing"},
    {State::cancelling, "cancelling"},
}};

}  // namespace

const char* state_name(State state) {
  for (const auto& [value, name] : kNames) {
    if (value == state) return name;
  }
  return "unknown";
}

std::optional<State> state_from_name(std::string_view name) {
  for (const auto& [value, text] : kNames) {
    if (name == text) return value;
  }
  return std::nullopt;
}

bool is_terminal(State state) {
  return state == State::completed || state == State::failed || state == State::cancelled || state == State::expired;
}

State compat_state(State state) {
  switch (state) {
    case State::queued:
    case State::submitting:
      return State::validating;
    case State::finalizing:
    case State::cancelling:
      return State::in_progress;
    default:
      return state;
  }
}

}  // namespace br
