#pragma once

#include <memory>
#include <string>

#include "emulator/batch.h"
#include "emulator/emulator.h"
#include "emulator/json.h"
#include "emulator/openai_body.h"
#include "emulator/rows.h"

namespace br::emulator {

// Lines of OpenAI's batch files: `{custom_id, method, url, body}` in, `{id, custom_id, response, error}` out.
class OpenAiRows {
 public:
  explicit OpenAiRows(const EmulatorOptions& options) : options_(options) {}

  std::unique_ptr<LineCheck> check(const Batch& batch) const;
  RowAnswer answer(const Batch& batch, const Row& row);
  std::string unanswered(const Row& row, Unanswered why);

 private:
  const EmulatorOptions& options_;
  json::Arena arena_;
  json::Writer out_;
};

}  // namespace br::emulator
