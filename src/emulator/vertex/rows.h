#pragma once

#include <memory>
#include <string>

#include "emulator/base/json.h"
#include "emulator/batches/batch.h"
#include "emulator/batches/rows.h"
#include "emulator/base/options.h"

namespace br::emulator {

// Lines of Vertex AI's batch prediction: `{request, …}` in; the same with `status`, `response` and a time out. Where
// the job has a key field, that field stands in place of the line.
class VertexRows {
 public:
  explicit VertexRows(const EmulatorOptions& options) : options_(options) {}

  static std::unique_ptr<LineCheck> check();
  RowAnswer answer(const Batch& batch, const Row& row);

 private:
  void write_identity(const Batch& batch, const Row& row, const json::Value& line);

  const EmulatorOptions& options_;
  json::Arena arena_;
  json::Writer out_;
};

}  // namespace br::emulator
