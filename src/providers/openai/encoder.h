// OpenAiEncoder: one request on its way to an OpenAI line: the line around the body, which fields the body has and in
// which order, and the settings of generation. What is larger writes a type of its own. Private to encode.cc.
#pragma once

#include "providers/openai/part.h"

namespace br {

class OpenAiTools;

class OpenAiEncoder : public OpenAiPart {
 public:
  using OpenAiPart::OpenAiPart;

  bool line();

 private:
  bool body();
  bool check_endpoint();
  std::string_view line_url() const;
  bool no_such_endpoint(const std::string& name, const std::string& instead);
  bool chat(BodyWriter* w);
  bool responses(BodyWriter* w);
  bool only_input(BodyWriter* w);  // embeddings and moderations
  bool tools_and_format(OpenAiTools* tools, BodyWriter* w);
  bool generation(const Generation& g, std::string_view max_tokens_field, BodyWriter* w);
  bool temperature(std::string_view token, BodyWriter* w);
  bool stops(std::string_view stops, BodyWriter* w);
};

}  // namespace br
