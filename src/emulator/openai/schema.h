#pragma once

#include <string>

#include "emulator/base/json.h"

namespace br::emulator {

// Which JSON schemas a vendor with OpenAI's interface takes.
enum class SchemaTaste {
  kAny,     // looks at none
  kStrict,  // OpenAI's strict mode, where a request asks for it
  kXai,
};

// Why the vendor takes no such schema; empty if it does.
std::string schema_problem(SchemaTaste taste, const json::Value& schema);

// The same for all schemas of a body: those of its tools and of its answer. *param: whose it is.
std::string body_schema_problem(SchemaTaste taste, const json::Value& body, std::string* param);

}  // namespace br::emulator
