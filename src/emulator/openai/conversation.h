#pragma once

// What OpenAI looks at in a body beyond the types of its fields: pictures that come inside of the request, calls and
// their results, and what a model cannot do.

#include "emulator/base/json.h"
#include "emulator/openai/body.h"

namespace br::emulator {

// The picture of a part {"type":"image_url","image_url":{"url"}} at `place`: a data: URL has to hold base64.
BodyProblem image_problem(const json::Value& part, const std::string& place);

// Each result answers a call of the message before it, and each call has its result.
BodyProblem tool_history_problem(const json::Value& messages);

// An effort for a model that does not reason, or one that the model does not know.
BodyProblem effort_problem(const json::Value& body);

}  // namespace br::emulator
