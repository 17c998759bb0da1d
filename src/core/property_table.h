// The table of all settings: names, defaults, values they take, what they mean, and what they are set for.
// docs/configuration.md is generated from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace br {

struct PropertyInfo {
  enum class Kind : std::uint8_t { text, integer, boolean, choice, secret };
  // any: for a router, and for one batch in its place. router, batch: for that alone.
  enum class Scope : std::uint8_t { any, router, batch };
  std::string name;
  std::string default_value;
  Kind kind = Kind::text;
  std::int64_t least = 0, most = 0;  // integer
  std::string choices;               // choice: "a|b"
  std::string environment;           // variables that give the default, comma separated
  std::string doc;
  Scope scope = Scope::any;
};

// Core properties first, then each provider's as "<provider>.<name>".
const std::vector<PropertyInfo>& property_table();

// nullptr: there is none. Also for the key of a slot, as "openai@team.api_key".
const PropertyInfo* find_property(std::string_view key);

}  // namespace br
