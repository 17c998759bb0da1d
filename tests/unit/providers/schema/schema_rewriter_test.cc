// The schemas of tests/fixtures/schemas.jsonl, each for every vendor: {"name","schema","want":{"<vendor>": the schema
// that it gets, or the path of the keyword that is refused, or null where no schema is sent}}. A vendor that is not
// named gets the schema as it is. The emulator's judges, which share no code with the library, read the same file
// (tests/unit/emulator/openai/schema_test.cc).
#include "providers/schema/schema_rewriter.h"

#include <map>

#include "codec/json_read.h"
#include "support/cmocka.h"
#include "support/fixtures.h"

namespace {

const std::map<std::string_view, const br::SchemaRules*>& vendors() {
  static const std::map<std::string_view, const br::SchemaRules*> kVendors = {{"anthropic", &br::kAnthropicSchema},
                                                                              {"bedrock", &br::kBedrockSchema},
                                                                              {"nova tools", &br::kNovaToolSchema},
                                                                              {"google", &br::kGeminiSchema},
                                                                              {"google tools", &br::kGeminiToolSchema},
                                                                              {"openai", &br::kOpenAiStrictSchema},
                                                                              {"azure", &br::kAzureStrictSchema},
                                                                              {"groq", &br::kGroqStrictSchema},
                                                                              {"xai", &br::kXaiSchema},
                                                                              {"fireworks", &br::kFireworksSchema}};
  return kVendors;
}

std::string outcome(const br::SchemaRules& rules, std::string_view schema) {
  const br::RewrittenSchema rewritten = br::rewrite_schema(rules, schema, "schema");
  if (!rewritten.faults.empty()) return '"' + rewritten.faults.front().path + '"';
  return rewritten.json.empty() ? "null" : rewritten.json;
}

void every_schema_is_rewritten_for_each_vendor_or_refused_with_its_path(void**) {
  const auto lines = br::test::read_lines(std::string(BR_FIXTURES) + "/schemas.jsonl");
  assert_true(lines && lines->size() >= 30);
  br::test::Report report;
  for (const std::string& line : *lines) {
    const auto json = br::Json::parse(line);
    assert_non_null(json.get());
    const br::Json& schema = (*json)["schema"];
    for (const auto& [vendor, rules] : vendors()) {
      const br::Json& want = (*json)["want"][vendor];
      const std::string have = outcome(*rules, schema.raw());
      const std::string_view wanted = want.type() == br::Json::Type::missing ? schema.raw() : want.raw();
      if (have != wanted)
        report.wrong(std::string((*json)["name"].string()) + ", " + std::string(vendor) + ": want " +
                     std::string(wanted) + ", have " + have);
    }
  }
  assert_true(report.good());
}

// What is left out of a schema leaves one that can be sent; what it says nothing without does not.
void a_fault_tells_whether_the_rest_can_be_sent(void**) {
  const br::RewrittenSchema part = br::rewrite_schema(
      br::kGeminiSchema, R"({"type":"array","items":{"type":"string"},"uniqueItems":true})", "response_format");
  assert_int_equal(part.faults.size(), 1);
  assert_true(part.usable());
  assert_string_equal(part.json.c_str(), R"({"type":"ARRAY","items":{"type":"STRING"}})");
  assert_string_equal(part.faults.front().path.c_str(), "response_format.uniqueItems");
  assert_int_equal(part.faults.front().offset, 56);
  const br::RewrittenSchema none = br::rewrite_schema(br::kGeminiSchema, R"({"$ref":"#"})", "response_format");
  assert_false(none.usable());
}

// References that name each other twice would grow beyond all bounds.
void references_that_multiply_are_refused_at_a_size(void**) {
  std::string defs;
  for (int i = 0; i < 40; ++i) {
    const std::string next = "{\"$ref\":\"#/$defs/D" + std::to_string(i + 1) + "\"}";
    defs += "\"D" + std::to_string(i) + R"(":{"type":"object","properties":{"a":)" + next + ",\"b\":" + next + "}},";
  }
  const std::string schema = R"({"$ref":"#/$defs/D0","$defs":{)" + defs + R"("D40":{"type":"string"}}})";
  const br::RewrittenSchema rewritten = br::rewrite_schema(br::kGeminiSchema, schema, "s");
  assert_false(rewritten.usable());
  assert_true(rewritten.faults.front().why.find("this long") != std::string::npos);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_schema_is_rewritten_for_each_vendor_or_refused_with_its_path),
      cmocka_unit_test(a_fault_tells_whether_the_rest_can_be_sent),
      cmocka_unit_test(references_that_multiply_are_refused_at_a_size),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
