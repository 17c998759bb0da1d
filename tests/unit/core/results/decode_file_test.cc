// Native result lines without a job: what is written, what is named, and when a whole file is refused.
#include "core/results/decode_file.h"

#include <cstring>

#include "providers/registry.h"
#include "support/cmocka.h"

namespace {

struct Decoded {
  br::DecodedRows rows;
  std::string lines;
  br::Result<void> done;
};

Decoded decode(const char* provider, const std::string& text, std::size_t limit = 1 << 20) {
  Decoded decoded;
  std::size_t at = 0;
  br::LineReader lines(
      [&](char* buffer, std::size_t capacity) -> br::Result<std::size_t> {
        const std::size_t n = std::min(capacity, text.size() - at);
        std::memcpy(buffer, text.data() + at, n);
        at += n;
        return n;
      },
      limit);
  const auto take = [&](std::string_view more) {
    decoded.lines.append(more);
    return br::Result<void>();
  };
  decoded.done = br::decode_results(*br::use_provider(provider).provider, "in.jsonl", &lines, take, &decoded.rows);
  return decoded;
}

std::string row(const std::string& id) {
  return R"({"custom_id":")" + id + R"(","response":{"status_code":200,"body":{"choices":[]}},"error":null})" "\n";
}

void bad_line_among_good_ones_costs_itself_only(void**) {
  const Decoded decoded = decode("openai", row("a") + "{\"response\":{}}\n\n" + row("c") + "{broken\n");
  assert_int_equal(decoded.rows.rows, 2);
  assert_non_null(strstr(decoded.lines.c_str(), "\"custom_id\":\"a\""));
  assert_non_null(strstr(decoded.lines.c_str(), "\"custom_id\":\"c\""));
  assert_false(decoded.done.ok());
  const br::Error& error = decoded.done.error();
  assert_int_equal(error.code, br::Code::input);
  assert_int_equal(error.issue_total, 2);
  assert_non_null(strstr(error.issues[0].c_str(), "in.jsonl:2:1: "));
  assert_non_null(strstr(error.issues[1].c_str(), "in.jsonl:5:1: "));
}

void long_line_is_named_and_passed_over(void**) {
  const Decoded decoded = decode("openai", row("a") + row(std::string(500'000, 'x')) + row("c"), 1024);
  assert_int_equal(decoded.rows.rows, 2);
  assert_int_equal(decoded.done.error().issue_total, 1);
  assert_non_null(strstr(decoded.done.error().issues[0].c_str(), "limits.max_line_bytes"));
}

void more_bad_lines_than_are_shown_are_counted(void**) {
  std::string text = row("a");
  for (int i = 0; i < 150; ++i) text += "{}\n";
  const Decoded decoded = decode("openai", text);
  assert_int_equal(decoded.done.error().issue_total, 150);
  assert_int_equal(decoded.done.error().issues.size(), 100);
}

void file_of_requests_is_refused_with_what_it_is(void**) {
  struct Wrong {
    const char *provider, *line, *seems;
  };
  const Wrong kWrong[] = {
      {"openai", R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{}})", "OpenAI's batch files"},
      {"openai", R"({"custom_id":"a","model":"m","messages":[]})", "batchrouter's own form"},
      {"openai", R"({"custom_id":"a","result":{"type":"succeeded","message":{}}})", "Anthropic"},
      {"anthropic", R"({"custom_id":"a","params":{}})", "Anthropic's form"},
      {"anthropic", R"({"custom_id":"a","response":{"status_code":200,"body":{}}})", "OpenAI"},
      {"google", R"({"key":"a","request":{}})", "Gemini's form"},
      {"vertex", R"({"key":"a","request":{}})", "Gemini's form"},
      {"vertex", R"({"custom_id":"a","request":{}})", "Vertex AI's form"},
      {"bedrock", R"({"recordId":"a","modelInput":{}})", "Bedrock's form"},
      {"xai", R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{}})", "OpenAI's batch files"},
      {"openai", R"({"custom_id":"a","status":"succeeded","job_id":"j"})", "batchrouter itself"},
      {"openai", R"([{"custom_id":"a"}])", "JSON array"},
      {"openai", "{", "several lines"},
      {"openai", "<html>", "web page"},
      {"openai", "\x1f\x8b\x08", "gzip"},
      {"openai", "custom_id,text", "no JSON"}};
  for (const Wrong& wrong : kWrong) {
    const Decoded decoded = decode(wrong.provider, std::string(wrong.line) + "\n");
    assert_int_equal(decoded.rows.rows, 0);
    assert_int_equal(decoded.lines.size(), 0);
    assert_false(decoded.done.ok());
    if (decoded.done.error().message.find(wrong.seems) == std::string::npos)
      fail_msg("%s: \"%s\" is not in: %s", wrong.line, wrong.seems, decoded.done.error().message.c_str());
  }
}

void row_that_tells_nothing_more_is_a_row(void**) {
  const Decoded decoded = decode("openai", R"({"custom_id":"a","response":null,"error":null})" "\n");
  assert_true(decoded.done.ok());
  assert_int_equal(decoded.rows.rows, 1);
  assert_int_equal(decoded.rows.failed, 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(bad_line_among_good_ones_costs_itself_only),
      cmocka_unit_test(long_line_is_named_and_passed_over),
      cmocka_unit_test(more_bad_lines_than_are_shown_are_counted),
      cmocka_unit_test(file_of_requests_is_refused_with_what_it_is),
      cmocka_unit_test(row_that_tells_nothing_more_is_a_row),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
