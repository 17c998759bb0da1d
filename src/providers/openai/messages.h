// OpenAiMessages: the messages of a request. Calls of tools, their results and thoughts are messages of their own on
// chat completions, and items on responses.
#pragma once

#include "providers/openai/content.h"
#include "providers/openai/part.h"

namespace br {

class OpenAiMessages : public OpenAiPart {
 public:
  explicit OpenAiMessages(const OpenAiPart& line) : OpenAiPart(line), content_(line) {}

  // Appends them, with commas between.
  bool write();

 private:
  bool write_plain(const Message& message);
  bool has_more(const Message& message) const;
  bool history(const Message& message);
  bool results(const Message& message, bool* any);
  bool spoken(const Message& message);
  void tool_calls(const Message& message);
  bool items(const Message& message);
  bool item(const Part& part, bool* written);
  bool output(const Part& part);

  OpenAiContent content_;
};

}  // namespace br
