#pragma once

#include <memory>
#include <string>

#include "emulator/base/json.h"
#include "emulator/batches/batch.h"
#include "emulator/batches/rows.h"
#include "emulator/base/options.h"
#include "emulator/openai/body.h"

namespace br::emulator {

// Why the API does not take a request; empty if it takes it.
std::string google_request_problem(const json::Value& request, bool embeds);

// The first field of a request, or of what lies inside of it, that the API does not have; empty if it has them all. One
// refuses the whole file. What a tool is, is called with or answers is not looked at.
std::string google_unknown_field(const json::Value& request, bool embeds);

// Writes the response to it.
Tokens write_google_response(json::Writer& out, const Question& question, const json::Value& request, bool embeds);

// The member of that name, written in camel case or in snake case as proto JSON allows; null if there is none.
const json::Value* google_member(const json::Value& object, std::string_view camel_case);

// Requests of a Gemini batch: `{key, request}` in a file, `{request, metadata}` inline, and the same around responses.
class GoogleRows {
 public:
  explicit GoogleRows(const EmulatorOptions& options) : options_(options) {}

  static std::unique_ptr<LineCheck> check(bool is_inline, bool embeds);
  RowAnswer answer(const Batch& batch, const Row& row);

 private:
  void write_identity(const Batch& batch, const Row& row, const json::Value& line);

  const EmulatorOptions& options_;
  json::Arena arena_;
  json::Writer out_;
};

}  // namespace br::emulator
