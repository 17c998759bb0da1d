// Prints docs/schemas.md from the tables of schemas. scripts/generate-docs writes it, a test compares it.
#include <cstdio>
#include <string>

#include "providers/schema/schema_rules.h"

namespace {

using Action = br::SchemaAction;

const char* word(Action action) {
  switch (action) {
    case Action::keep:
      return "kept";
    case Action::rewrite:
      return "rewritten";
    case Action::describe:
      return "described";
    case Action::drop:
      return "left out";
    case Action::refuse:
      return "refused";
  }
  return "";
}

// What holds for the schema as a whole.
std::string demands(const br::SchemaRules& rules) {
  std::string text;
  const auto add = [&text](bool holds, const char* sentence) { text += holds ? std::string(" ") + sentence : ""; };
  add(rules.closed_objects, "Objects are closed: additionalProperties false is added.");
  add(rules.all_required, "A property that is not required is refused.");
  add(rules.needs_type, "A schema without a type gets the one its values have, else it is refused.");
  add(rules.object_root, "The outermost schema is an object without anyOf.");
  add(rules.bare_root, "The outermost schema is an object with type, properties and required alone.");
  add(!rules.recursion, "A schema that holds itself is refused.");
  return text;
}

void print(const br::SchemaRules& rules) {
  std::printf("\n## %s\n\nFor %s.%s\n\n| keyword | | |\n|---|---|---|\n", std::string(rules.id).c_str(),
              std::string(rules.applies).c_str(), demands(rules).c_str());
  for (const br::KeywordRule& rule : rules.keywords)
    std::printf("| `%s` | %s | %s |\n", std::string(rule.keyword).c_str(), word(rule.action),
                std::string(rule.note).c_str());
  std::printf("| all others | %s | |\n\nSources:\n\n", word(rules.others));
  for (const br::SchemaSource& source : rules.sources)
    std::printf("- %s (%s)\n", std::string(source.what).c_str(), std::string(source.date).c_str());
}

}  // namespace

int main() {
  std::puts(
      "# JSON schemas\n"
      "\n"
      "<!-- Written by scripts/generate-docs from the tables in src/providers/schema/schema_rules.cc. Change it there. "
      "-->\n"
      "\n"
      "A schema in `response_format`, and one of a tool's arguments, is written for the vendor that the request goes "
      "to.\n"
      "Every value that the vendor's schema allows is one that yours allows, but for what is only described. What a "
      "vendor\n"
      "cannot be told is refused by `validate` and before anything is sent, with its path, such as\n"
      "`response_format.schema.properties.score.minimum`; with `on_unsupported = drop` that keyword is left out and a "
      "warning\n"
      "says so, or the whole schema where it says nothing without it.\n"
      "\n"
      "- kept: it goes as it is.\n"
      "- rewritten: it is said in another way, as the last column tells.\n"
      "- described: it is moved to the end of the description, as `{minimum: 0, maximum: 10}`: the model reads it, "
      "nothing\n"
      "  enforces it.\n"
      "- left out: it says nothing about which values are good. Names that begin with `x-` are such, everywhere.\n"
      "- refused: the vendor has no way to be told.\n"
      "\n"
      "OpenAI, Azure OpenAI and Groq without `strict`, Mistral, Together, Doubleword, vLLM and other servers with "
      "OpenAI's\n"
      "interface get every schema as it is, and so do Anthropic's tools without `strict` and Fireworks' tools. A "
      "schema in a\n"
      "raw `body`, in `provider_kwargs` or in a vendor's own form of a tool is never touched.");
  for (const br::SchemaRules* rules : br::all_schema_rules()) print(*rules);
}
