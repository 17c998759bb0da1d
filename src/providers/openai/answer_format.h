// OpenAiAnswerFormat: response_format of a request: nested on chat completions, flat in "text" on responses. Each form
// is taken for each, and a JSON schema by itself.
#pragma once

#include "providers/openai/fitted_json.h"
#include "providers/openai/part.h"

namespace br {

class OpenAiAnswerFormat : public OpenAiPart {
 public:
  explicit OpenAiAnswerFormat(const OpenAiPart& line) : OpenAiPart(line), format_(r_.response_format_json) {}

  // The schema, for vendors that take a part of JSON Schema only. Before write().
  bool fit_schema();
  // It is one that the vendor has, or left out, or refused.
  bool check();
  void write(BodyWriter* w);

 private:
  void write_nested();
  void write_flat();

  FittedJson format_;
  bool is_known_ = false;
};

}  // namespace br
