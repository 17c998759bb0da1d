// Prints docs/configuration.md from the property table. scripts/generate-docs writes it, a test compares it.
#include <cstdio>

#include "core/config.h"

namespace {

std::string values_of(const br::PropertyInfo& info) {
  using Kind = br::PropertyInfo::Kind;
  switch (info.kind) {
    case Kind::integer:
      return std::to_string(info.least) + " to " + std::to_string(info.most);
    case Kind::boolean:
      return "1 or 0";
    case Kind::choice: {
      std::string text;
      for (const char c : info.choices) text += c == '|' ? std::string(", ") : std::string(1, c);
      return text;
    }
    case Kind::secret:
      return "text, never shown and never stored";
    case Kind::text:
      return "text";
  }
  return {};
}

std::string default_of(const br::PropertyInfo& info) {
  std::string text = info.default_value.empty() ? "" : "`" + info.default_value + "`";
  if (info.environment.empty()) return text.empty() ? "none" : text;
  std::string variables;
  for (const char c : info.environment) variables += c == ',' ? std::string("`, else `") : std::string(1, c);
  return "`$" + variables + "`" + (text.empty() ? "" : ", else " + text);
}

const char* scope_of(const br::PropertyInfo& info) {
  switch (info.scope) {
    case br::PropertyInfo::Scope::router:
      return "router";
    case br::PropertyInfo::Scope::batch:
      return "batch";
    case br::PropertyInfo::Scope::any:
      break;
  }
  return "both";
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<' || c == '|') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

}  // namespace

int main() {
  std::puts(
      "# Configuration\n"
      "\n"
      "<!-- Written by scripts/generate-docs from the property table in src/core/property_table.cc. Change it there. -->\n"
      "\n"
      "Every setting is a property with a name and a text value: `br_config_set(config, \"split\", \"auto\", &error)` "
      "in\n"
      "a program, `--set split=auto` on the command line. What is set for *both* `br_batch_set`\n"
      "overrides for one batch; what is set for a *router* or a *batch* alone is refused for the other. An unknown "
      "name is\n"
      "an error that says which name is nearest. Times are milliseconds.\n"
      "\n"
      "| property | set for | default | values | meaning |\n"
      "|---|---|---|---|---|");
  for (const br::PropertyInfo& info : br::property_table()) {
    std::printf("| `%s` | %s | %s | %s | %s |\n", info.name.c_str(), scope_of(info), default_of(info).c_str(), values_of(info).c_str(),
                escaped(info.doc).c_str());
  }
  return 0;
}
