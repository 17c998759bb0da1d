// decode_results(): a vendor's result rows become result lines, without a job: every row that can be read is written, and
// every line that is none is named.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "codec/jsonl.h"
#include "model/error.h"
#include "providers/provider.h"

namespace br {

struct DecodedRows {
  std::int64_t rows = 0;    // that were written
  std::int64_t failed = 0;  // of those, the ones that did not succeed
};

// Takes whole result lines.
using TakeLines = std::function<Result<void>(std::string_view lines)>;

// file: its name for messages. *decoded is set also when an error is returned: Code::input names the lines that are no
// result rows, when all others were written; or says what the file seems to be, when it holds no row at all.
Result<void> decode_results(const Provider& provider, const std::string& file, LineReader* lines, const TakeLines& take,
                            DecodedRows* decoded);

}  // namespace br
