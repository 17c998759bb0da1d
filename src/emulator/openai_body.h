#pragma once

#include <string>
#include <string_view>

#include "emulator/json.h"
#include "emulator/rows.h"

namespace br::emulator {

// What the API says to a request body it does not take; an empty message if it takes it.
struct BodyProblem {
  std::string message;
  std::string param;  // empty: null
  std::string code;   // empty: null
};

// Judges the body of a request to that endpoint as the API itself would when the row runs.
BodyProblem body_problem(std::string_view endpoint, const json::Value& body);

// What the answer is made of.
struct Question {
  std::string_view endpoint;
  std::string_view custom_id;
  uint64_t hash = 0;  // of the whole row
  int variant = 0;
  int64_t now_s = 0;
};

// Writes the endpoint's answer object: the same for the same question, and telling which question it answers.
Tokens write_answer(json::Writer& out, const Question& question, const json::Value& body);

}  // namespace br::emulator
