// OpenAiTools: the tools of a request and their choice: nested on chat completions, flat on responses. Each form is
// taken for each.
#pragma once

#include "providers/openai/fitted_json.h"
#include "providers/openai/part.h"

namespace br {

class OpenAiTools : public OpenAiPart {
 public:
  explicit OpenAiTools(const OpenAiPart& line) : OpenAiPart(line), tools_(r_.tools_json) {}

  // The names are ones that the vendor takes.
  bool check_names();
  // Nothing of Anthropic's form is left in a tool or its choice, and no vendor's own tools are.
  bool check();
  // The schemas of the arguments, for vendors that take a part of JSON Schema only. Before write().
  bool fit_schemas();
  void write(BodyWriter* w);

 private:
  void write_nested();
  void write_flat();
  void write_choice();
  bool write_anthropic_choice();

  FittedJson tools_;
};

}  // namespace br
