// Guesses of what a request will bring: the limits that are really sent count, wherever the vendor has them.
#include "core/requests/request_tokens.h"

#include <string>

#include "codec/json_read.h"
#include "codec/request_reader.h"
#include "support/cmocka.h"

namespace {

constexpr std::int64_t kDefault = 100;

// Of one request. line: its fields behind the id; native: what it became.
br::TokenSums tokens_of(const std::string& fields, const std::string& native = "{}\n") {
  std::string line = R"({"custom_id":"a","model":"m",)" + fields + "}";
  const std::size_t size = line.size();
  line.append(br::kJsonPadding, ' ');
  br::RequestReader reader;
  br::Request request;
  br::Issue issue;
  if (!reader.read(line.data(), size, &request, &issue)) fail_msg("%s", issue.message.c_str());
  return br::estimate_of(request, native, kDefault);
}

std::int64_t answer_of(const std::string& fields, const std::string& native = "{}\n") {
  return tokens_of(fields, native).output;
}

#define ASK R"("messages":[{"role":"user","content":"x"}])"

void answer_without_a_limit_is_taken_for_the_default(void**) {
  assert_int_equal(answer_of(ASK), kDefault);
  assert_int_equal(answer_of(R"("body":{"messages":[],"max_tokens":null})"), kDefault);
}

void limit_of_the_line_counts(void**) {
  assert_int_equal(answer_of(ASK R"(,"generation_config":{"max_tokens":7})"), 7);
}

void limit_of_a_raw_body_counts_wherever_the_vendor_has_it(void**) {
  for (const char* body :
       {R"({"max_tokens":9000})", R"({"max_completion_tokens":9000})", R"({"max_output_tokens":9e3})",
        R"({"m\u0061x_tokens":9000})", R"({"generationConfig":{"maxOutputTokens":9000}})",
        R"({"generation_config":{"max_output_tokens":9000}})", R"({"inferenceConfig":{"maxTokens":9000}})",
        R"({"textGenerationConfig":{"maxTokenCount":9000}})", R"({"max_gen_len":9000,"max_tokens":1})"})
    assert_int_equal(answer_of(std::string(R"("body":)") + body), 9000);
  assert_int_equal(answer_of(R"("body":{"messages":[{"max_tokens":9000}],"tools":{"max_tokens":9000}})"), kDefault);
}

void every_answer_that_is_asked_for_counts(void**) {
  assert_int_equal(answer_of(R"("body":{"max_tokens":10,"n":4})"), 40);
  assert_int_equal(answer_of(R"("body":{"generationConfig":{"candidateCount":3}})"), 3 * kDefault);
  assert_int_equal(answer_of(ASK R"(,"provider_kwargs":{"n":2})", "{\"body\":{\"n\":2}}\n"), 2 * kDefault);
}

void limit_that_is_sent_counts_where_it_is_not_the_lines(void**) {
  assert_int_equal(answer_of(ASK R"(,"generation_config":{"max_tokens":7},"provider_kwargs":{"max_tokens":500})",
                             "{\"custom_id\":\"a\",\"body\":{\"max_tokens\":500}}\n"),
                   500);
  // Room for thinking that the encoder made.
  assert_int_equal(answer_of(ASK R"(,"reasoning":"high")", "{\"custom_id\":\"a\",\"params\":{\"max_tokens\":25600}}\n"),
                   25600);
}

#define PARAMS(inside) "{\"custom_id\":\"a\",\"params\":{" inside "}}\n"

// A mark stands on a part, a system text, a tool, a message or the whole request: what is sent counts.
void prompt_with_a_mark_is_counted_as_written_to_the_cache(void**) {
  const auto marked = [](const char* native) { return tokens_of(ASK R"(,"provider_kwargs":{"x":1})", native); };
  for (
      const char* native :
      {PARAMS(
           R"("messages":[{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}])"),
       PARAMS(R"("system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"5m"}}])"),
       PARAMS(R"("tools":[{"name":"t","cache_control":{"type":"ephemeral"}}])"),
       PARAMS(R"("c\u0061che_control":{"type":"ephemeral"})"),
       "{\"modelInput\":{\"system\":[{\"text\":\"x\"},{\"cachePoint\":{\"type\":\"default\"}}]}}\n"}) {
    const br::TokenSums tokens = marked(native);
    assert_int_equal(tokens.cache_write_5m, tokens.input);
    assert_int_equal(tokens.cache_write_1h, 0);
  }
  const br::TokenSums hour = marked(
      PARAMS(R"("system":[{"cache_control":{"ttl":"1h","type":"ephemeral"}}],"cache_control":{"type":"ephemeral"})"));
  assert_int_equal(hour.cache_write_1h, hour.input);
  assert_int_equal(hour.cache_write_5m, 0);
  for (const char* none :
       {PARAMS(R"("cache_control":null)"), PARAMS(R"("tools":[{"input_schema":{"properties":{"cache_control":{}}}}])"),
        PARAMS(R"("messages":[{"content":"cache_control"}])")})
    assert_int_equal(marked(none).cache_write_5m + marked(none).cache_write_1h, 0);
}

void mark_that_a_body_brings_counts(void**) {
  const br::TokenSums tokens =
      tokens_of(R"("body":{"system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"1h"}}]})");
  assert_true(tokens.cache_write_1h == tokens.input && tokens.input > 0);
}

void media_of_the_unified_line_are_counted(void**) {
  const br::TokenSums tokens = tokens_of(
      R"("messages":[{"role":"user","content":[{"type":"text","text":"x"},
      {"type":"image","source_type":"url","data":"https://a/b.png"},
      {"type":"document","source_type":"url","data":"https://a/b.pdf"}]}])");
  assert_int_equal(tokens.media, 2);
  assert_int_equal(tokens_of(ASK).media, 0);
}

void media_of_a_body_are_counted_in_every_vendors_form(void**) {
  for (
      const char* body :
      {R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a/b"}}]}]})",
       R"({"input":[{"role":"user","content":[{"type":"input_image","image_url":"https://a/b"}]}]})",
       R"({"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}]})",
       R"({"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://a/b"}}]}]})",
       R"({"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}]})",
       R"({"contents":[{"parts":[{"file_data":{"file_uri":"gs://a/b"}}]}]})",
       R"({"messages":[{"role":"user","content":[{"image":{"format":"png","source":{"bytes":"AA=="}}}]}]})",
       R"({"inputImage":"AA=="})"})
    if (tokens_of(std::string(R"("body":)") + body).media != 1) fail_msg("%s", body);
  for (const char* body :
       {R"({"messages":[{"role":"user","content":"an image"}]})",
        R"({"tools":[{"function":{"parameters":{"properties":{"image":{"type":"image"}}}}}]})",
        R"({"messages":[{"role":"assistant","content":[{"type":"tool_use","input":{"type":"image"}}]}]})"})
    if (tokens_of(std::string(R"("body":)") + body).media != 0) fail_msg("%s", body);
}

// What the model is told besides of the messages' texts.
void calls_of_tools_and_own_fields_are_text_too(void**) {
  const std::string arguments(4'000, 'x');
  const br::TokenSums call = tokens_of(
      R"("messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[
      {"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":\")" +
      arguments + R"(\"}"}}]},{"role":"tool","tool_call_id":"c","content":"y"}])");
  assert_true(call.input > 1'000);
  assert_true(tokens_of(ASK R"(,"provider_kwargs":{"instructions":")" + arguments + "\"}").input > 1'000);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(answer_without_a_limit_is_taken_for_the_default),
      cmocka_unit_test(limit_of_the_line_counts),
      cmocka_unit_test(limit_of_a_raw_body_counts_wherever_the_vendor_has_it),
      cmocka_unit_test(every_answer_that_is_asked_for_counts),
      cmocka_unit_test(limit_that_is_sent_counts_where_it_is_not_the_lines),
      cmocka_unit_test(prompt_with_a_mark_is_counted_as_written_to_the_cache),
      cmocka_unit_test(mark_that_a_body_brings_counts),
      cmocka_unit_test(media_of_the_unified_line_are_counted),
      cmocka_unit_test(media_of_a_body_are_counted_in_every_vendors_form),
      cmocka_unit_test(calls_of_tools_and_own_fields_are_text_too),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
