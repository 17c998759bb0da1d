// GeminiContents: the turns of a Gemini request as messages of the unified line.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/json_slices.h"
#include "codec/translated_text.h"

namespace br {

// Where a value cannot be translated. droppable: the rest of the request is still the same one without it.
struct Untranslatable {
  std::string_view value;
  std::string why;
  bool droppable = false;
};

class GeminiContents {
 public:
  explicit GeminiContents(TranslatedText* out) : out_(*out) {}

  // Writes the array of messages. What has no counterpart is in faults(), in the order of the line.
  void write(std::string_view contents);
  const std::vector<Untranslatable>& faults() const { return faults_; }

 private:
  void turn(std::string_view content);
  void message(std::string_view role, const std::vector<std::string_view>& parts, std::string_view content);
  void part(std::string_view value);
  void text(std::string_view value);
  void inline_data(std::string_view data);
  void file_data(std::string_view data);
  void call(std::string_view value);
  void result(std::string_view value);
  void next_message();
  bool media(std::string_view type_json, std::string_view value, std::string* kind);
  void fault(std::string_view value, std::string why, bool droppable = false);

  TranslatedText& out_;
  std::vector<Untranslatable> faults_;
  std::vector<std::pair<std::string, std::string>> open_;  // calls without a result so far: name, id as JSON
  int calls_ = 0;
  bool any_message_ = false;
};

// The text of system instructions: the texts of their parts. false: *fault tells what is no text.
bool gemini_texts(std::string_view content, std::vector<std::string_view>* texts, Untranslatable* fault);

// A member under its name in camelCase or in snake_case.
std::string_view gemini_member(std::string_view object, std::string_view camel, std::string_view snake);

}  // namespace br
