// What the results of a canary say about the form of the requests: whether the job's other batches are worth sending.
#pragma once

#include <string>
#include <string_view>

#include "core/results/result_file.h"
#include "model/error.h"

namespace br {

enum class CanaryRow { answered, refused, unanswered };

// line: a result line in the unified format. refused: the vendor will refuse the same request whenever it is sent, and
// not for what it says (a content filter), so that others of its form are refused as well. *why: the vendor's reason.
CanaryRow judge_canary_row(std::string_view line, std::string* why);

// Why the rest is not to be sent; empty where no row was refused and at least one was answered, if only with a failure
// that passes.
Result<std::string> canary_refusal(const ResultFile& results);

}  // namespace br
