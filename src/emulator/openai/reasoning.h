#pragma once

#include "emulator/base/json.h"
#include "emulator/openai/body.h"

namespace br::emulator {

// What reasoning models do not take. OpenAI's: max_tokens, settings of sampling that are not the default, and of o3 and
// o4 stop; xAI's: stop and penalties. A model that is not known to reason takes all.
BodyProblem reasoning_model_problem(Reasoners whose, std::string_view endpoint, const json::Value& body);

}  // namespace br::emulator
