#pragma once

#include <string>
#include <string_view>

#include "emulator/openai/body.h"

namespace br::emulator {

// What answers of chat completions and of responses have in common.

// The name of the function that the request wants called; empty if it is free to answer with text.
std::string_view wanted_function(const json::Value& body);
bool wants_json(const json::Value& body);
std::string as_json(std::string_view text);

inline std::string_view model_of(const Question& question, const json::Value& body) {
  return question.model.empty() ? json::string_member(body, "model") : question.model;
}

// chat_answer.cc
Tokens write_chat(json::Writer& out, const Question& question, const json::Value& body);

// other_answers.cc
Tokens write_moderation(json::Writer& out, const Question& question, const json::Value& body);
Tokens write_completion(json::Writer& out, const Question& question, const json::Value& body);

// mistral_answers.cc: moderations and classifications, of texts and of chats; OCR.
Tokens write_mistral_judgements(json::Writer& out, const Question& question, const json::Value& body);
Tokens write_mistral_ocr(json::Writer& out, const Question& question, const json::Value& body);

}  // namespace br::emulator
