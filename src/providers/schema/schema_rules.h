// What each vendor takes of a JSON schema, keyword by keyword: facts with their source and date, of which the rewriting
// of schemas (schema_rewriter.h) and the page docs/schemas.md are made.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace br {

enum class SchemaAction : std::uint8_t {
  keep,      // goes as it is
  rewrite,   // is said in another way, or kept under a condition; the rule's note tells which
  describe,  // becomes part of the description: the model reads it, nothing enforces it
  drop,      // left out: it says nothing about which values are good
  refuse,    // the vendor cannot be told
};

struct KeywordRule {
  std::string_view keyword;
  SchemaAction action;
  std::string_view note = {};
};

struct SchemaSource {
  std::string_view what, date;
};

struct SchemaRules {
  std::string_view id;       // the heading in the documentation
  std::string_view applies;  // to which schemas of a request
  std::span<const KeywordRule> keywords;
  SchemaAction others;  // of a keyword that the table does not name
  std::span<const SchemaSource> sources;
  bool google = false;          // OpenAPI's form, not JSON Schema
  bool closed_objects = false;  // additionalProperties:false is demanded, and added where it is missing
  bool all_required = false;    // every property has to be required
  bool needs_type = false;      // a schema names its type
  bool object_root = false;     // the outermost schema is an object, and no anyOf
  bool bare_root = false;       // the outermost schema has type, properties and required alone
  bool inline_refs = false;     // references are replaced by what they name
  bool recursion = true;        // a schema may hold itself
  std::span<const std::string_view> formats = {};  // of texts; others are described. None: every format is kept
};

extern const SchemaRules kAnthropicSchema;   // answers, and tools with strict
extern const SchemaRules kBedrockSchema;     // the same on Bedrock's Converse
extern const SchemaRules kNovaToolSchema;    // tools of Nova
extern const SchemaRules kGeminiSchema;      // responseSchema and parameters, also on Vertex AI
extern const SchemaRules kGeminiToolSchema;  // parametersJsonSchema: tools that the other form cannot tell
extern const SchemaRules kOpenAiStrictSchema;
extern const SchemaRules kAzureStrictSchema;
extern const SchemaRules kGroqStrictSchema;
extern const SchemaRules kXaiSchema;
extern const SchemaRules kFireworksSchema;

// All tables, in the order of the documentation.
std::span<const SchemaRules* const> all_schema_rules();

// The rule of a keyword; its action is that of `others` where the table does not name it.
KeywordRule schema_rule(const SchemaRules& rules, std::string_view keyword);

}  // namespace br
