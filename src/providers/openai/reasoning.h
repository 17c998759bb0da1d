// OpenAiReasoning: how a model is told to reason in OpenAI's words and those of its relatives, and what it refuses
// meanwhile.
#pragma once

#include <optional>
#include <string>

#include "providers/openai/part.h"

namespace br {

class OpenAiReasoning : public OpenAiPart {
 public:
  explicit OpenAiReasoning(const OpenAiPart& line) : OpenAiPart(line) {}

  // What the table says that the model refuses, always or while it reasons, is not in the request, or left out.
  bool obey_model(const BodyWriter& w);
  // generation_config without what was left out.
  const Generation& settings() const { return left_ ? *left_ : r_.generation; }
  bool write(BodyWriter* w) { return is_responses() ? write_object(w) : write_effort(w); }

 private:
  bool fit_word(std::string_view token, std::string* json);
  bool write_effort(BodyWriter* w);
  bool write_word(std::string_view token, BodyWriter* w);
  bool write_object(BodyWriter* w);
  bool read_asked_effort(const BodyWriter& w, std::optional<Effort>* effort, std::string* path);

  std::optional<Generation> left_;
};

}  // namespace br
