// What the library sends of the schemas of tests/fixtures/schemas.jsonl is what the vendors take, as this judge, which
// shares no code with it, knows them; and it takes no schema as it was written that had to be rewritten or refused.
#include "emulator/openai/schema.h"

#include <fstream>
#include <string>

#include "emulator/anthropic/schema.h"
#include "emulator/google/schema.h"
#include "support/cmocka.h"

namespace {

using namespace br::emulator;

std::string judged(std::string_view vendor, const json::Value& schema) {
  if (vendor == "google") return google_schema_problem(schema, "s");
  if (vendor == "anthropic" || vendor == "bedrock") return claude_schema_problem(schema);
  if (vendor == "openai" || vendor == "azure" || vendor == "groq") return schema_problem(SchemaTaste::kStrict, schema);
  return vendor == "xai" ? schema_problem(SchemaTaste::kXai, schema) : std::string();
}

void what_the_library_sends_is_taken(void**) {
  std::ifstream file(BR_FIXTURES "/schemas.jsonl");
  std::string line;
  int taken = 0;
  while (std::getline(file, line)) {
    json::Document row;
    assert_true(json::parse(line, row));
    for (const auto& want : row["want"].GetObject()) {
      if (!want.value.IsObject()) continue;
      const std::string problem = judged(json::view(want.name), want.value);
      if (!problem.empty())
        print_message("%s, %s: %s\n", row["name"].GetString(), want.name.GetString(), problem.c_str());
      assert_true(problem.empty());
      ++taken;
    }
  }
  assert_true(taken > 60);
}

void what_a_vendor_refuses_is_refused(void**) {
  struct Refused {
    std::string_view vendor, schema, words;
  };
  const Refused all[] = {
      {"google", R"({"type":"OBJECT","properties":{"a":{"type":"STRING"}},"additionalProperties":false})",
       "Unknown name"},
      {"google", R"({"type":"OBJECT","properties":{"a":{"type":["string","null"]}}})", "Invalid value"},
      {"google", R"({"type":"OBJECT","properties":{"a":{"$ref":"#/$defs/A"}}})", "Unknown name \"$ref\""},
      {"google", R"({"type":"OBJECT"})", "non-empty"},
      {"google", R"({"type":"ARRAY"})", "missing field"},
      {"google", R"({"type":"STRING","format":"uri"})", "date-time"},
      {"google", R"({"type":"STRING","enum":[""]})", "cannot be empty"},
      {"google", R"({"description":"x"})", "type field"},
      {"anthropic", R"({"type":"object","properties":{"a":{"type":"number"}}})", "additionalProperties"},
      {"anthropic", R"({"type":"number","minimum":1})", "minimum"},
      {"anthropic", R"({"type":"array","items":{"type":"string"},"minItems":2})", "minItems"},
      {"anthropic", R"({"$ref":"#/$defs/A","$defs":{"A":{"anyOf":[{"$ref":"#/$defs/A"}]}}})", "Circular"},
      {"openai", R"({"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false})", "required"},
      {"openai", R"({"type":"object","properties":{}})", "additionalProperties"},
      {"openai", R"({"type":"array","items":{"type":"string"}})", "type: \"object\""},
      {"xai", R"({"type":"array","items":[{"type":"string"}]})", "prefixItems"},
      {"xai", R"({"enum":[]})", "variant"},
  };
  for (const Refused& each : all) {
    json::Document schema;
    assert_true(json::parse(each.schema, schema));
    const std::string problem = judged(each.vendor, schema);
    if (problem.find(each.words) == std::string::npos) print_message("%s: %s\n", each.schema.data(), problem.c_str());
    assert_true(problem.find(each.words) != std::string::npos);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_the_library_sends_is_taken),
      cmocka_unit_test(what_a_vendor_refuses_is_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
