#include "providers/schema/schema_rules.h"

#include <algorithm>
#include <array>

namespace br {
namespace {

using A = SchemaAction;

constexpr std::string_view kOneOf = "becomes anyOf where no value fits two of its schemas, else refused";
constexpr std::string_view kAllOf = "its schemas become one, else refused";
constexpr std::string_view kRef =
    "replaced by what it names where it has keywords beside it; outside of the schema: refused";
constexpr std::string_view kRefOnce = "not where a schema holds itself, nor outside of the schema: refused";

constexpr std::string_view kClaudeFormats[] = {"date-time", "time", "date", "duration", "email",
                                               "hostname",  "uri",  "ipv4", "ipv6",     "uuid"};
constexpr KeywordRule kClaude[] = {
    {"type", A::keep},
    {"properties", A::keep},
    {"required", A::keep},
    {"additionalProperties", A::rewrite, "false, added where it is missing; another value is refused"},
    {"items", A::keep},
    {"enum", A::rewrite, "kept; objects and arrays in it are refused"},
    {"const", A::keep},
    {"anyOf", A::keep},
    {"oneOf", A::rewrite, kOneOf},
    {"allOf", A::rewrite, kAllOf},
    {"$ref", A::rewrite, kRefOnce},
    {"$defs", A::keep},
    {"definitions", A::keep},
    {"title", A::keep},
    {"description", A::keep},
    {"default", A::keep},
    {"format", A::rewrite,
     "date-time, time, date, duration, email, hostname, uri, ipv4, ipv6 and uuid; others described"},
    {"minItems", A::rewrite, "kept where it is 0 or 1, else described"},
    {"pattern", A::rewrite, "kept; with lookarounds, back references or word boundaries described"},
    {"minimum", A::describe},
    {"maximum", A::describe},
    {"exclusiveMinimum", A::describe},
    {"exclusiveMaximum", A::describe},
    {"multipleOf", A::describe},
    {"minLength", A::describe},
    {"maxLength", A::describe},
    {"maxItems", A::describe},
    {"uniqueItems", A::describe},
    {"minProperties", A::describe},
    {"maxProperties", A::describe},
    {"contentEncoding", A::describe},
    {"contentMediaType", A::describe},
    {"$schema", A::drop},
    {"$id", A::drop},
    {"$comment", A::drop},
    {"examples", A::drop},
    {"deprecated", A::drop},
    {"readOnly", A::drop},
    {"writeOnly", A::drop},
};
constexpr SchemaSource kClaudeSources[] = {
    {"platform.claude.com/docs/en/build-with-claude/structured-outputs, JSON Schema limitations", "2026-11-30"},
    {"anthropic (Python), lib/_parse/_transform.py: what is not taken goes into the description", "2026-11-30"},
};
constexpr SchemaSource kBedrockSources[] = {
    {"docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html", "2026-11-30"},
};
constexpr KeywordRule kNova[] = {
    {"$ref", A::rewrite, "replaced by what it names; where a schema holds itself: refused"},
    {"$defs", A::drop, "their places have what they define"},
    {"definitions", A::drop, "their places have what they define"},
    {"allOf", A::rewrite, kAllOf},
};
constexpr SchemaSource kNovaSources[] = {
    {"docs.aws.amazon.com/nova/latest/userguide/tool-use-definition.html: an outermost schema has type, properties and "
     "required; pydantic/pydantic-ai#1623",
     "2026-11-30"},
};

constexpr KeywordRule kGemini[] = {
    {"type", A::rewrite, "in capitals; null becomes nullable, a list of several becomes anyOf; missing: refused"},
    {"nullable", A::keep},
    {"properties", A::keep, "an object without any: refused, JSON alone for a whole answer, left out for a whole tool"},
    {"propertyOrdering", A::keep},
    {"required", A::keep, "names outside of properties are refused"},
    {"minProperties", A::keep},
    {"maxProperties", A::keep},
    {"additionalProperties", A::rewrite,
     "true and false are left out, only properties are answered; a schema is refused"},
    {"items", A::keep, "an array without it is refused"},
    {"minItems", A::keep},
    {"maxItems", A::keep},
    {"minLength", A::keep},
    {"maxLength", A::keep},
    {"pattern", A::keep},
    {"minimum", A::keep},
    {"maximum", A::keep},
    {"exclusiveMinimum", A::rewrite, "minimum, for integers; else refused"},
    {"exclusiveMaximum", A::rewrite, "maximum, for integers; else refused"},
    {"multipleOf", A::rewrite, "1 of integers is left out; else refused"},
    {"uniqueItems", A::rewrite, "false is left out; true is refused"},
    {"enum", A::rewrite, "texts are kept, null is nullable, numbers become minimum and maximum; else refused"},
    {"const", A::rewrite, "an enum of one"},
    {"anyOf", A::rewrite, "what stands beside it goes into each of its schemas; null is nullable"},
    {"oneOf", A::rewrite, kOneOf},
    {"allOf", A::rewrite, kAllOf},
    {"$ref", A::rewrite, "replaced by what it names; where a schema holds itself, and outside of the schema: refused"},
    {"$defs", A::drop, "their places have what they define"},
    {"definitions", A::drop, "their places have what they define"},
    {"format", A::rewrite, "date-time and enum, float and double, int32 and int64; others described"},
    {"title", A::keep},
    {"description", A::keep},
    {"default", A::keep},
    {"example", A::keep},
    {"contentEncoding", A::describe},
    {"contentMediaType", A::describe},
    {"$schema", A::drop},
    {"$id", A::drop},
    {"$anchor", A::drop},
    {"$comment", A::drop},
    {"examples", A::drop},
    {"deprecated", A::drop},
    {"readOnly", A::drop},
    {"writeOnly", A::drop},
};
constexpr SchemaSource kGeminiSources[] = {
    {"Discovery documents of generativelanguage v1beta and aiplatform v1 (revision 20260815): Schema", "2026-11-30"},
    {"hideya/langchain-mcp-tools-ts#36, google-gemini/gemini-cli#3178: which formats of texts are taken", "2025-07-03"},
    {"crmne/ruby_llm#894: responseJsonSchema gives broken answers in batches, so it is not used", "2026-11-30"},
};
constexpr KeywordRule kGeminiTool[] = {
    {"$schema", A::drop},
    {"$id", A::keep},
    {"$anchor", A::keep},
    {"$defs", A::keep},
    {"definitions", A::refuse, "call it $defs"},
    {"$ref", A::rewrite, kRef},
    {"type", A::keep},
    {"format", A::keep},
    {"title", A::keep},
    {"description", A::keep},
    {"enum", A::keep},
    {"const", A::rewrite, "an enum of one"},
    {"items", A::keep},
    {"prefixItems", A::keep},
    {"minItems", A::keep},
    {"maxItems", A::keep},
    {"minimum", A::keep},
    {"maximum", A::keep},
    {"anyOf", A::keep},
    {"oneOf", A::rewrite, kOneOf},
    {"allOf", A::rewrite, kAllOf},
    {"properties", A::keep},
    {"additionalProperties", A::keep},
    {"required", A::keep},
    {"propertyOrdering", A::keep},
    {"default", A::drop},
    {"$comment", A::drop},
    {"examples", A::drop},
    {"deprecated", A::drop},
    {"readOnly", A::drop},
    {"writeOnly", A::drop},
    {"minLength", A::describe},
    {"maxLength", A::describe},
    {"pattern", A::describe},
    {"exclusiveMinimum", A::describe},
    {"exclusiveMaximum", A::describe},
    {"multipleOf", A::describe},
    {"uniqueItems", A::describe},
    {"minProperties", A::describe},
    {"maxProperties", A::describe},
    {"contentEncoding", A::describe},
    {"contentMediaType", A::describe},
};
constexpr SchemaSource kGeminiToolSources[] = {
    {"Discovery documents of generativelanguage v1beta and aiplatform v1: FunctionDeclaration.parametersJsonSchema",
     "2026-11-30"},
    {"googleapis, generativelanguage/v1beta/generative_service.proto: the keywords that are taken", "2026-11-30"},
};

constexpr std::string_view kOpenAiFormats[] = {"date-time", "time", "date", "duration", "email",
                                               "hostname",  "ipv4", "ipv6", "uuid"};
constexpr KeywordRule kStrict[] = {
    {"type", A::keep},
    {"properties", A::keep},
    {"required", A::rewrite, "a property that it does not name is refused"},
    {"additionalProperties", A::rewrite, "false, added where it is missing; another value is refused"},
    {"items", A::keep},
    {"minItems", A::keep},
    {"maxItems", A::keep},
    {"enum", A::keep},
    {"const", A::keep},
    {"anyOf", A::keep, "not outermost"},
    {"oneOf", A::rewrite, kOneOf},
    {"allOf", A::rewrite, kAllOf},
    {"$ref", A::rewrite, kRef},
    {"$defs", A::keep},
    {"definitions", A::keep},
    {"title", A::keep},
    {"description", A::keep},
    {"pattern", A::keep},
    {"format", A::rewrite, "date-time, time, date, duration, email, hostname, ipv4, ipv6 and uuid; others described"},
    {"minimum", A::keep},
    {"maximum", A::keep},
    {"exclusiveMinimum", A::keep},
    {"exclusiveMaximum", A::keep},
    {"multipleOf", A::keep},
    {"default", A::drop},
    {"$schema", A::drop},
    {"$id", A::drop},
    {"$comment", A::drop},
    {"examples", A::drop},
    {"deprecated", A::drop},
    {"readOnly", A::drop},
    {"writeOnly", A::drop},
    {"contentEncoding", A::describe},
    {"contentMediaType", A::describe},
};
constexpr SchemaSource kOpenAiSources[] = {
    {"platform.openai.com/docs/guides/structured-outputs, Supported schemas", "2026-11-30"},
    {"openai (Python), lib/_pydantic.py", "2026-11-30"},
    {"jina-ai/node-DeepResearch#79: maxLength is not permitted", "2025-03-09"},
};
// Azure's guide names keywords that OpenAI's own has taken since.
constexpr KeywordRule kAzure[] = {
    {"type", A::keep},
    {"properties", A::keep},
    {"required", A::rewrite, "a property that it does not name is refused"},
    {"additionalProperties", A::rewrite, "false, added where it is missing; another value is refused"},
    {"items", A::keep},
    {"enum", A::keep},
    {"const", A::keep},
    {"anyOf", A::keep, "not outermost"},
    {"oneOf", A::rewrite, kOneOf},
    {"allOf", A::rewrite, kAllOf},
    {"$ref", A::rewrite, kRef},
    {"$defs", A::keep},
    {"definitions", A::keep},
    {"title", A::keep},
    {"description", A::keep},
    {"format", A::describe},
    {"default", A::drop},
    {"$schema", A::drop},
    {"$id", A::drop},
    {"$comment", A::drop},
    {"examples", A::drop},
    {"deprecated", A::drop},
    {"readOnly", A::drop},
    {"writeOnly", A::drop},
    {"contentEncoding", A::describe},
    {"contentMediaType", A::describe},
};
constexpr SchemaSource kAzureSources[] = {
    {"learn.microsoft.com/azure/ai-services/openai/how-to/structured-outputs", "2026-11-30"},
};
constexpr SchemaSource kGroqSources[] = {
    {"console.groq.com/docs/structured-outputs: strict mode", "2026-11-30"},
};

constexpr KeywordRule kXai[] = {
    {"enum", A::rewrite, "kept; an empty one is refused"},
    {"anyOf", A::rewrite, "kept; an empty one is refused"},
    {"oneOf", A::rewrite, kOneOf},
    {"items", A::rewrite, "a list becomes prefixItems"},
    {"$ref", A::rewrite, kRefOnce},
    {"minContains", A::refuse},
    {"maxContains", A::refuse},
    {"pattern", A::rewrite, "kept; with lookarounds, back references or word boundaries described"},
    {"properties", A::rewrite, "a property that is true becomes {}; one that is false is refused"},
};
constexpr SchemaSource kXaiSources[] = {
    {"docs.x.ai/developers/model-capabilities/text/structured-outputs", "2026-10-03"},
};

constexpr KeywordRule kFireworks[] = {
    {"oneOf", A::rewrite, kOneOf}, {"$ref", A::rewrite, "outside of the schema: refused"},
    {"minLength", A::describe},    {"maxLength", A::describe},
    {"minItems", A::describe},     {"maxItems", A::describe},
    {"pattern", A::describe},
};
constexpr SchemaSource kFireworksSources[] = {
    {"fireworks.ai/docs/structured-responses/structured-response-formatting, JSON Schema Support", "2026-11-30"},
};

constexpr SchemaRules strict_rules(std::string_view id, std::span<const KeywordRule> keywords,
                                   std::span<const SchemaSource> sources) {
  SchemaRules r{id, "answers and tools with strict true; all others go as they are", keywords, A::refuse, sources};
  r.closed_objects = r.all_required = r.needs_type = r.object_root = true;
  r.formats = kOpenAiFormats;
  return r;
}

constexpr SchemaRules claude_rules(std::string_view id, std::string_view applies,
                                   std::span<const SchemaSource> sources) {
  SchemaRules r{id, applies, kClaude, A::refuse, sources};
  r.closed_objects = r.needs_type = true;
  r.recursion = false;
  r.formats = kClaudeFormats;
  return r;
}

}  // namespace

constexpr SchemaRules kAnthropicSchema =
    claude_rules("Anthropic, Claude on Bedrock and Vertex AI", "answers, and tools with strict true", kClaudeSources);
constexpr SchemaRules kBedrockSchema = claude_rules("Bedrock, Converse", "answers", kBedrockSources);
constexpr SchemaRules kNovaToolSchema = [] {
  SchemaRules r{"Bedrock, Nova", "tools", kNova, A::keep, kNovaSources};
  r.bare_root = r.inline_refs = true;
  r.recursion = false;
  return r;
}();
constexpr SchemaRules kGeminiSchema = [] {
  SchemaRules r{"Google Gemini and Vertex AI", "answers (responseSchema) and tools (parameters)", kGemini, A::refuse,
                kGeminiSources};
  r.google = r.inline_refs = true;
  r.recursion = false;
  return r;
}();
constexpr SchemaRules kGeminiToolSchema = [] {
  SchemaRules r{"Google Gemini and Vertex AI, parametersJsonSchema", "tools that the table above would refuse",
                kGeminiTool, A::refuse, kGeminiToolSources};
  r.object_root = true;
  return r;
}();
constexpr SchemaRules kOpenAiStrictSchema = strict_rules("OpenAI", kStrict, kOpenAiSources);
constexpr SchemaRules kAzureStrictSchema = strict_rules("Azure OpenAI", kAzure, kAzureSources);
constexpr SchemaRules kGroqStrictSchema = strict_rules("Groq", kStrict, kGroqSources);
constexpr SchemaRules kXaiSchema = [] {
  SchemaRules r{"xAI", "answers and tools", kXai, A::keep, kXaiSources};
  r.recursion = false;
  return r;
}();
constexpr SchemaRules kFireworksSchema = {"Fireworks", "answers", kFireworks, A::keep, kFireworksSources};

std::span<const SchemaRules* const> all_schema_rules() {
  static constexpr std::array<const SchemaRules*, 10> kAll = {
      &kAnthropicSchema,    &kBedrockSchema,     &kNovaToolSchema,   &kGeminiSchema, &kGeminiToolSchema,
      &kOpenAiStrictSchema, &kAzureStrictSchema, &kGroqStrictSchema, &kXaiSchema,    &kFireworksSchema};
  return kAll;
}

KeywordRule schema_rule(const SchemaRules& rules, std::string_view keyword) {
  const auto at = std::find_if(rules.keywords.begin(), rules.keywords.end(),
                               [&](const KeywordRule& rule) { return rule.keyword == keyword; });
  if (at != rules.keywords.end()) return *at;
  if (keyword.starts_with("x-") && rules.others == A::refuse) return {keyword, A::drop, {}};
  return {keyword, rules.others, {}};
}

}  // namespace br
