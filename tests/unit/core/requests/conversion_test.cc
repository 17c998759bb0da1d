// What convert writes: vendors' own lines come out as they went in, ids included, and what it wrote it takes again.
#include "core/requests/conversion.h"

#include <cstring>
#include <string>

#include "support/cmocka.h"
#include "support/fake_world.h"
#include "support/router_room.h"

namespace {

using br::Code;
using br::Result;

struct Room {
  explicit Room(const std::string& provider, const std::string& model = "") {
    spec.provider = provider;
    if (!model.empty()) assert_true(config.set("default_model", model).ok());
  }
  Result<std::string> convert(const std::string& text) {
    std::string out;
    spec.sources = {{"in", "", text}};
    const auto done = br::convert_batch(world, config, spec, [&out](std::string_view block) -> Result<void> {
      out += block;
      return {};
    });
    if (!done) return done.error();
    return out;
  }

  br::test::FakeWorld in{7, [](const br::HttpRequest&, const std::string&) { return br::test::not_found_answer(); }};
  br::World world = in.begin_process();
  br::Config config;
  br::BatchSpec spec;
};

void native_line_comes_out_byte_for_byte(void**) {
  struct Case {
    const char* provider;
    const char* model;  // of lines that name none
    const char* line;
  };
  static const Case kCases[] = {
      {"openai", "",
       R"({"custom_id":"ä b","method":"POST","url":"\/v1\/chat\/completions","body":{"model":"m",  "n":1.0 }})"},
      {"azure", "", R"({"custom_id":"a","method":"POST","url":"/chat/completions","body":{"model":"m"}})"},
      {"vllm", "", R"({"custom_id":"a","method":"POST","url":"/v1/score","body":{"model":"m","text_1":"x"}})"},
      {"mistral", "mistral-small-latest", R"({"custom_id":"a","body":{"messages": []}})"},
      {"mistral", "", R"({"custom_id":"a","url":"/v1/ocr","body":{"model":"m"}})"},
      {"mistral", "", R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m"}})"},
      {"google", "", R"({"key":"a","request":{"contents":[]},"model":"models/gemini-2.5-flash"})"},
      {"anthropic", "", R"({"custom_id":"any id at all","params":{"model":"c","max_tokens":1,"messages":[ ]}})"},
      {"google", "gemini-2.5-flash",
       R"({"key":"a","request":{"contents":[{"parts":[{"text":"x"}]}],"generation_config":{"x":1}}})"},
      {"vertex", "gemini-2.5-flash", R"({"key":"No Label","request":{"contents":[]},"team":{"a":1}})"},
      {"bedrock", "amazon.nova-lite-v1:0", R"({"recordId":"r1","modelInput":{"messages":[ ]}})"},
  };
  for (const Case& c : kCases) {
    Room room(c.provider, c.model);
    const auto out = room.convert(std::string(c.line) + "\n");
    if (!out) fail_msg("%s: %s", c.provider, out.error().issues.empty() ? out.error().message.c_str() : out.error().issues[0].c_str());
    assert_string_equal(out->c_str(), (std::string(c.line) + "\n").c_str());
  }
}

// Of unified lines whose ids the vendor does not take and lines of its own that have what stands for one already.
void two_lines_never_get_one_id(void**) {
  struct Mix {
    const char* provider;
    const char* model;
    const char* own;
    const char* unified;
    const char* made;  // what stands for the id of the unified line at that place
  };
  static const Mix kMixes[] = {
      {"anthropic", "c",
       R"({"custom_id":"br-row-2","params":{"max_tokens":1,"model":"c","messages":[{"role":"user","content":"x"}]}})",
       R"({"custom_id":"a b","messages":[{"role":"user","content":"x"}]})", "br-row-2"},
      {"bedrock", "anthropic.claude-x", R"({"recordId":"R0000000002","modelInput":{"messages":[]}})",
       R"({"custom_id":"a b","messages":[{"role":"user","content":"x"}]})", "R0000000002"},
      {"vertex", "gemini-2.5-flash", R"({"key":"r0000000002","request":{"contents":[]}})",
       R"({"custom_id":"A b","messages":[{"role":"user","content":"x"}]})", "r0000000002"},
  };
  for (const Mix& mix : kMixes) {
    for (const bool own_first : {true, false}) {
      const std::string own(mix.own), unified(mix.unified), blank = own_first ? "" : "\n";
      const auto out = Room(mix.provider, mix.model)
                           .convert(blank + (own_first ? own + "\n" + unified : unified + "\n" + own) + "\n");
      if (!out)
        fail_msg("%s: %s", mix.provider,
                 out.error().issues.empty() ? out.error().message.c_str() : out.error().issues[0].c_str());
      const std::string quoted = "\"" + std::string(mix.made) + "\"";
      const std::size_t first = out->find(quoted);
      assert_true(first != std::string::npos);
      const std::size_t line = out->find('\n');
      const bool in_both = (first < line) && out->find(quoted, line) != std::string::npos;
      assert_false(in_both);
    }
  }
}

void line_without_an_id_is_named_by_its_number(void**) {
  Room room("vertex", "gemini-2.5-flash");
  const auto out = room.convert("\n{\"request\":{\"contents\":[]}}\n");
  assert_true(out.ok());
  assert_string_equal(out->c_str(), "{\"key\":\"line-2\",\"request\":{\"contents\":[]}}\n");
}

void body_without_a_model_gets_the_lines_or_is_refused(void**) {
  const char* bare = R"({"custom_id":"a","body":{"messages":[]}})";
  Room named("openai", "gpt-4o");
  assert_string_equal(named.convert(bare)->c_str(),
                      "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"gpt-4o\","
                      "\"messages\":[]}}\n");
  for (const char* provider : {"openai", "anthropic", "mistral", "fireworks", "google", "bedrock"}) {
    const auto out = Room(provider).convert(bare);
    assert_true(!out.ok() && out.error().issues.size() == 1);
    assert_non_null(strstr(out.error().issues[0].c_str(), "model"));
  }
}

void file_of_another_form_is_told_once(void**) {
  const auto out = Room("openai").convert("[\n{\"custom_id\":\"a\"},\n{\"custom_id\":\"b\"}\n]\n");
  assert_true(!out.ok() && out.error().code == Code::input);
  assert_true(out.error().issues.empty());
  assert_non_null(strstr(out.error().message.c_str(), "JSON array"));
  assert_non_null(strstr(out.error().hint.c_str(), "jq -c '.[]' in"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(native_line_comes_out_byte_for_byte),
      cmocka_unit_test(two_lines_never_get_one_id),
      cmocka_unit_test(line_without_an_id_is_named_by_its_number),
      cmocka_unit_test(body_without_a_model_gets_the_lines_or_is_refused),
      cmocka_unit_test(file_of_another_form_is_told_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
