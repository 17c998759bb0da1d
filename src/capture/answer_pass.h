// AnswerPass: one pass over the results of a batch. It turns result lines into answers, puts them on disk, and then
// gives them to those who wait. What has no answer it collects. A pass that a crash cut short is made again from the
// start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/answer_queue.h"
#include "capture/answers.h"
#include "capture/call_files.h"
#include "capture/open_calls.h"
#include "store/call_store.h"
#include "sys/clock.h"

namespace br {

class AnswerPass {
 public:
  struct Parts {
    CallFiles* files;
    CallStore* store;
    OpenCalls* open;
    AnswerQueue* answers;
    const Clock* clock;
  };
  // Whose results they are.
  struct Of {
    std::int64_t batch = 0;
    bool alone = false;  // it has one call
    AnswerForm form = AnswerForm::openai;
    QueueKey key;
    std::optional<Error> failure;  // why none of its calls gets an answer of the vendor's
  };
  AnswerPass(const Parts& parts, Of of)
      : p_(parts), of_(std::move(of)), begin_(p_.files->size(p_.files->answers(of_.batch))) {}

  // A line of the unified format, with kJsonPadding readable bytes behind it.
  Result<void> take_line(std::string_view line);
  void settle(CapturedCall call, CallOutcome outcome);
  // What was settled is on disk when it returns.
  Result<void> save();

  const std::vector<CapturedCall>& again() const { return again_; }
  const std::vector<CapturedCall>& cut() const { return cut_; }

 private:
  const Parts p_;
  const Of of_;
  CallChanges changes_;
  std::string bodies_;
  std::uint64_t begin_;  // of `bodies_` in the file
  std::vector<CapturedCall> again_, cut_;
};

}  // namespace br
