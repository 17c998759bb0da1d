// The providers: those built in, one line each in registry.cc, and the external ones that were registered. Any thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "providers/provider.h"

namespace br {

// A Provider lives as long as the library is loaded; what a registered one needs to work lives as long as somebody holds
// it (Provider::hold).
std::span<const Provider* const> builtin_providers();
// The built-in ones first, then in the order of their registration.
std::vector<const Provider*> all_providers();
// hold: what keeps it working until it is unregistered. Code::already when the name is taken; both are then dropped.
Result<void> register_provider(std::unique_ptr<Provider> provider, std::shared_ptr<const void> hold);
// Code::no_provider for an unknown name, Code::invalid_argument for a built-in one.
Result<void> unregister_provider(std::string_view name);

// A provider and what keeps it working.
struct ProviderUse {
  const Provider* provider = nullptr;
  std::shared_ptr<const void> hold;
};
// Without a provider for an unknown name.
ProviderUse use_provider(std::string_view name);

// nullptr for an unknown name.
const Provider* find_provider(std::string_view name);
// "openai, anthropic, …", for messages.
std::string provider_names();
// The capability table of one provider as a JSON object.
std::string provider_json(const Provider& provider);

}  // namespace br
