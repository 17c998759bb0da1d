// Each form of a tool and of its choice becomes that of the endpoint, with the same name, schema and meaning.
#include "providers/openai/tools.h"

#include <string>

#include "support/openai_room.h"

namespace {

using br::test::on_responses;
using br::test::OpenAiRoom;

const std::string kNested = R"({"type":"function","function":{"name":"f","parameters":{"type":"object"}}})";
const std::string kFlat = R"({"type":"function","name":"f","parameters":{"type":"object"}})";
const std::string kAnthropic = R"({"name":"f","input_schema":{"type":"object"}})";

std::string tools_of(const std::string& tool) { return R"("tools":[)" + tool + "]"; }

// The body that has the tools and their choice alone; the refusal of what is no tool of this vendor's.
std::string written(const std::string& more, const br::OpenAiLines& form = {}, bool drop = false) {
  OpenAiRoom room(more, form);
  room.options.drop_unsupported = drop;
  br::OpenAiTools tools(room.line());
  if (!tools.check_names() || !tools.check() || !tools.fit_schemas()) return room.issue.field + ": " + room.issue.message;
  return room.body([&](br::BodyWriter* w) { tools.write(w); });
}

void request_without_tools_gets_none(void**) { assert_string_equal(written("").c_str(), "{}"); }

void every_form_of_a_tool_is_nested_for_chat(void**) {
  for (const std::string& tool : {kNested, kFlat, kAnthropic})
    assert_string_equal(written(tools_of(tool)).c_str(), ("{" + tools_of(kNested) + "}").c_str());
}

void every_form_of_a_tool_is_flat_for_responses(void**) {
  for (const std::string& tool : {kNested, kFlat, kAnthropic})
    assert_string_equal(written(on_responses(tools_of(tool))).c_str(), ("{" + tools_of(kFlat) + "}").c_str());
}

void tools_keep_their_order(void**) {
  const std::string second = R"({"type":"function","function":{"name":"g"}})";
  assert_string_equal(written(tools_of(kAnthropic + "," + second)).c_str(),
                      ("{" + tools_of(kNested + "," + second) + "}").c_str());
}

void vendors_own_tool_stays_as_it_is(void**) {
  const std::string search = R"({"type":"web_search","user_location":null})";
  assert_string_equal(written(on_responses(tools_of(search))).c_str(), ("{" + tools_of(search) + "}").c_str());
}

void tool_of_another_vendor_is_refused_by_its_place(void**) {
  const std::string search = R"({"type":"web_search_20250305","name":"web_search"})";
  assert_true(written(tools_of(kNested + "," + search)).starts_with("tools[1]: tools[1] is one of Anthropic's own"));
}

void every_form_of_a_choice_becomes_that_of_the_endpoint(void**) {
  struct Row {
    const char *given, *chat, *responses;
  };
  constexpr const char* kNestedChoice = R"({"type":"function","function":{"name":"f"}})";
  constexpr const char* kFlatChoice = R"({"type":"function","name":"f"})";
  for (const Row& row : {
           Row{R"("auto")", R"("auto")", R"("auto")"},
           Row{R"("required")", R"("required")", R"("required")"},
           Row{R"({"type":"auto"})", R"("auto")", R"("auto")"},
           Row{R"({"type":"any"})", R"("required")", R"("required")"},
           Row{R"({"type":"none"})", R"("none")", R"("none")"},
           Row{R"({"type":"tool","name":"f"})", kNestedChoice, kFlatChoice},
           Row{kNestedChoice, kNestedChoice, kFlatChoice},
           Row{kFlatChoice, kNestedChoice, kFlatChoice},
       }) {
    const std::string choice = std::string(R"("tool_choice":)") + row.given;
    const std::string chat = written(choice), responses = written(on_responses(choice));
    assert_string_equal(chat.c_str(), (std::string(R"({"tool_choice":)") + row.chat + "}").c_str());
    assert_string_equal(responses.c_str(), (std::string(R"({"tool_choice":)") + row.responses + "}").c_str());
  }
}

void calls_one_after_another_are_said_beside_the_choice(void**) {
  assert_string_equal(written(R"("tool_choice":{"type":"auto","disable_parallel_tool_use":true})").c_str(),
                      R"({"tool_choice":"auto","parallel_tool_calls":false})");
}

void tools_of_provider_kwargs_take_the_place_of_ours(void**) {
  const std::string body = written(tools_of(kNested) + R"(,"provider_kwargs":{"tools":[]})");
  assert_string_equal(body.c_str(), R"({"tools":[]})");
}

void marks_of_what_to_cache_are_refused_or_left_out(void**) {
  for (const char* tool : {R"({"name":"f","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}})",
                           R"({"type":"function","function":{"name":"f","parameters":{"type":"object"}},"cache_control":{"type":"ephemeral"}})"}) {
    assert_true(written(tools_of(tool)).starts_with("tools[0].cache_control: "));
    assert_string_equal(written(tools_of(tool), {}, true).c_str(), ("{" + tools_of(kNested) + "}").c_str());
  }
}

void name_that_the_vendor_does_not_take_is_refused(void**) {
  br::OpenAiLines plain;
  plain.plain_tool_names = true;
  const std::string dotted = R"({"type":"function","function":{"name":"a.b"}})";
  assert_true(written(tools_of(kNested + "," + dotted), plain).starts_with("tools[1]: "));
  assert_true(written(tools_of(dotted)).starts_with("{"));
}

// The schemas of a strict tool are what OpenAI takes, and those of others stay as they are.
void schema_is_fitted_where_the_vendor_wants_it_so(void**) {
  br::OpenAiLines strict;
  strict.strict_schemas = &br::kOpenAiStrictSchema;
  const std::string open = R"("parameters":{"type":"object","properties":{}})";
  const std::string closed = R"("parameters":{"type":"object","properties":{},"additionalProperties":false,"required":[]})";
  const auto tool = [](const std::string& more) {
    return R"("tools":[{"type":"function","function":{"name":"f",)" + more + "}}]";
  };
  const std::string loose = tool(open);
  assert_string_equal(written(loose, strict).c_str(), ("{" + loose + "}").c_str());
  const std::string fitted = written(tool(R"("strict":true,)" + open), strict);
  if (fitted.find("\"additionalProperties\":false") == std::string::npos) fail_msg("%s", fitted.c_str());
  assert_string_equal(written(tool(R"("strict":true,)" + closed), strict).c_str(),
                      ("{" + tool(R"("strict":true,)" + closed) + "}").c_str());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(request_without_tools_gets_none),
      cmocka_unit_test(every_form_of_a_tool_is_nested_for_chat),
      cmocka_unit_test(every_form_of_a_tool_is_flat_for_responses),
      cmocka_unit_test(tools_keep_their_order),
      cmocka_unit_test(vendors_own_tool_stays_as_it_is),
      cmocka_unit_test(tool_of_another_vendor_is_refused_by_its_place),
      cmocka_unit_test(every_form_of_a_choice_becomes_that_of_the_endpoint),
      cmocka_unit_test(calls_one_after_another_are_said_beside_the_choice),
      cmocka_unit_test(tools_of_provider_kwargs_take_the_place_of_ours),
      cmocka_unit_test(marks_of_what_to_cache_are_refused_or_left_out),
      cmocka_unit_test(name_that_the_vendor_does_not_take_is_refused),
      cmocka_unit_test(schema_is_fitted_where_the_vendor_wants_it_so),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
