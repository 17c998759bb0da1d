// Answers: what becomes of a call by its result line: the vendor's HTTP answer, or another attempt. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "capture/http_call.h"
#include "providers/capture_rules.h"

namespace br {

// answer: it has its answer. again: the vendor has none for it. cut: the batch was refused as a whole, perhaps for
// another of its calls.
enum class CallFate : std::uint8_t { answer, again, cut };

struct CallOutcome {
  CallFate fate = CallFate::answer;
  int status = 0;
  std::string body;
  std::string batch_id;  // the vendor's; empty: there is none
};

// line: of the unified format, with kJsonPadding readable bytes behind it. alone: it is the only call of its batch.
CallOutcome read_outcome(AnswerForm form, std::string_view line, bool alone);

// An error in the vendor's own shape, for what we refuse ourselves.
std::string error_body(AnswerForm form, int status, std::string_view type, std::string_view code,
                       std::string_view message);

}  // namespace br
