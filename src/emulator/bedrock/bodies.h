#pragma once

#include <string>
#include <string_view>

#include "emulator/base/json.h"
#include "emulator/openai/body.h"

namespace br::emulator {

// Whose body a record holds; kUnknown: of a model whose body the emulator does not know.
enum class BedrockBody { kUnknown, kClaude, kConverse, kNova, kTitanEmbed, kCohereEmbed };
BedrockBody bedrock_body_of(std::string_view model, bool converse);

// All but Claude's. What is wrong with the body; empty if nothing is.
std::string bedrock_body_problem(BedrockBody kind, const json::Value& input);
Tokens write_bedrock_answer(json::Writer& out, BedrockBody kind, const Question& question, const json::Value& input);

}  // namespace br::emulator
