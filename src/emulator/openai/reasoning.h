#pragma once

#include "emulator/base/json.h"
#include "emulator/openai/body.h"

namespace br::emulator {

// What OpenAI's reasoning models do not take: max_tokens, and settings of sampling that are not the default. A model
// that is not known to reason takes all.
BodyProblem reasoning_model_problem(std::string_view endpoint, const json::Value& body);

}  // namespace br::emulator
