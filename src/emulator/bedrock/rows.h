#pragma once

#include <memory>
#include <string>

#include "emulator/base/json.h"
#include "emulator/batches/batch.h"
#include "emulator/batches/rows.h"
#include "emulator/base/options.h"
#include "emulator/openai/body.h"

namespace br::emulator {

// The least that a job has; fewer where the options allow fewer at most.
inline constexpr int64_t kBedrockLeastRecords = 100;

// Records of Bedrock's batch inference: `{recordId, modelInput}` in, the same with `modelOutput` or `error` out.
class BedrockRows {
 public:
  explicit BedrockRows(const EmulatorOptions& options) : options_(options) {}

  std::unique_ptr<LineCheck> check() const;
  RowAnswer answer(const Batch& batch, const Row& row);

 private:
  std::string claude_problem(const Batch& batch, json::Value& input, json::Document& line) const;

  const EmulatorOptions& options_;
  json::Arena arena_;
  json::Writer out_;
};

}  // namespace br::emulator
