// The table of built-in providers: one line each in registry.cc.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "providers/provider.h"

namespace br {

std::span<const Provider* const> all_providers();
// nullptr for an unknown name.
const Provider* find_provider(std::string_view name);
// "openai, anthropic, …", for messages.
std::string provider_names();
// The capability table of one provider as a JSON object.
std::string provider_json(const Provider& provider);

}  // namespace br
