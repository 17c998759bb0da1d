// OpenAiContent: one part of a message's content, in the form of each vendor of the family.
#pragma once

#include "providers/openai/part.h"

namespace br {

class OpenAiContent : public OpenAiPart {
 public:
  explicit OpenAiContent(const OpenAiPart& line) : OpenAiPart(line) {}

  // Nothing is written for calls, results and thoughts: they are no part of the content.
  bool write(const Part& part, Role role);

 private:
  bool image(const Part& part);
  bool document(const Part& part);
  bool openai_file(const Part& part);
  bool mistral_document(const Part& part);
  bool xai_file(const Part& part);
  bool audio(const Part& part);
  bool audio_text(const Part& part);
};

}  // namespace br
