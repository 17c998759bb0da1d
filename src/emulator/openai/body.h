#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "emulator/base/json.h"
#include "emulator/batches/rows.h"
#include "emulator/openai/schema.h"

namespace br::emulator {

// What the API says to a request body it does not take; an empty message if it takes it.
struct BodyProblem {
  std::string message;
  std::string param;  // empty: null
  std::string code;   // empty: null
};

// Whose models that reason take no settings of sampling.
enum class Reasoners { kNone, kOpenAi, kXai };

// Where the bodies that a vendor takes differ from OpenAI's.
struct BodyRules {
  std::vector<std::string> more;        // parameters besides OpenAI's
  std::vector<std::string> unknown;     // OpenAI's that the vendor does not know
  std::vector<std::string> more_parts;  // kinds of content besides OpenAI's, or of another shape
  double most_temperature = 2;
  SchemaTaste schemas = SchemaTaste::kAny;
  Reasoners reasoners = Reasoners::kNone;
};

// Judges the body of a request to that endpoint as the API itself would when the row runs.
BodyProblem body_problem(std::string_view endpoint, const json::Value& body, const BodyRules& rules);

// Whose fields an answer has, besides those that all have.
enum class AnswerShape { kOpenAi, kGroq, kTogether, kMistral };

// What the answer is made of.
struct Question {
  std::string_view endpoint;
  std::string_view custom_id;
  uint64_t hash = 0;  // of the whole row
  int variant = 0;
  int64_t now_s = 0;
  std::string_view model = {};  // empty: the body's
  AnswerShape shape = AnswerShape::kOpenAi;
  int64_t cached_tokens = 0;  // of what is asked, read from a cache
};

// The text of an answer to the last of what was asked, whichever vendor's shape that has.
std::string answer_text(const Question& question, const json::Value& asked);
Tokens tokens_of(const json::Value& asked, std::string_view text);

// Writes the endpoint's answer object: the same for the same question, and telling which question it answers.
Tokens write_answer(json::Writer& out, const Question& question, const json::Value& body);

}  // namespace br::emulator
