#include "codec/request_reader.h"

#include <cstring>
#include <string>

#include "codec/json_read.h"
#include "support/cmocka.h"

namespace {

struct Case {
  const char* line;
  unsigned column;       // 0: the line is good
  const char* fragment;  // of the message
};

#define HEAD "{\"custom_id\":\"a\",\"model\":\"m\","
#define ASK "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

constexpr Case kCases[] = {
    {HEAD ASK "}", 0, ""},
    {HEAD "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image\","
          "\"source_type\":\"url\",\"data\":\"https://x/y.png\"}]}]}", 0, ""},
    {HEAD ASK ",\"system_prompt\":null,\"generation_config\":{\"temperature\":null}}", 0, ""},
    {HEAD ASK ",\"system_prompt\":[\"a\",\"b\"]}", 0, ""},
    {HEAD ASK ",\"generation_config\":{\"max_tokens\":1,\"temperature\":2,\"top_p\":0,\"top_k\":1,"
              "\"stop_sequences\":[\"x\"],\"presence_penalty\":-2,\"frequency_penalty\":2}}", 0, ""},
    {"{\"custom_id\":\"a\",\"body\":{\"model\":\"m\",\"n\":1}}", 0, ""},
    {HEAD "\"endpoint\":\"embeddings\",\"input\":[\"a\",\"b\"]}", 0, ""},
    {"[1]", 1, "an array"},
    {"{", 2, "not valid JSON"},
    {"no JSON", 1, "not valid JSON"},
    {"null", 1, "the line is null"},
    {HEAD ASK "} x", 75, "not valid JSON"},
    {"{\"model\":\"m\"," ASK "}", 1, "custom_id is missing"},
    {"{\"custom_id\":\"\",\"model\":\"m\"," ASK "}", 14, "empty string"},
    {"{\"custom_id\":7,\"model\":\"m\"," ASK "}", 14, "a number"},
    {"{\"custom_id\":\"a\"," ASK "}", 1, "model is missing"},
    {"{\"custom_id\":\"a\",\"model\":\"m\"}", 1, "messages is missing"},
    {HEAD "\"messages\":[]}", 41, "messages is empty"},
    {HEAD "\"messages\":[{\"role\":\"system\",\"content\":\"x\"}]}", 41, "system messages alone"},
    {HEAD "\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}", 42, "no tool_call_id"},
    {HEAD "\"messages\":[{\"role\":\"function\",\"content\":\"x\"}]}", 50, "user or assistant"},
    {HEAD "\"messages\":[{\"role\":\"user\",\"content\":[]}]}", 67, "empty array"},
    {HEAD "\"messages\":[{\"role\":\"user\"}]}", 42, "no content"},
    {HEAD "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"video\"}]}]}", 76, "not known"},
    {HEAD "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"data\":\"/9j/4AAQ\"}]}]}", 0, ""},
    {HEAD "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"data\":\"https://x/y.png\"}]}]}", 68, "is an address"},
    {HEAD "\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"provider_kwargs\":{}}]}", 0, ""},
    {HEAD "\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"provider_kwargs\":null}]}", 0, ""},
    {HEAD "\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"provider_kwargs\":[]}]}", 89, "an object"},
    {HEAD "\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"provider_kwargs\":{\"role\":1}}]}", 90, "change the message itself"},
    {HEAD ASK ",\"generation_config\":{\"temperature\":2.1}}", 109, "from 0 to 2"},
    {HEAD ASK ",\"generation_config\":{\"max_tokens\":0}}", 108, "at least 1"},
    {HEAD ASK ",\"generation_config\":{\"max_tokens\":1.5}}", 108, "whole number"},
    {HEAD ASK ",\"generation_config\":{\"top_p\":-0.1}}", 103, "from 0 to 1"},
    {HEAD ASK ",\"generation_config\":{\"top_k\":0}}", 103, "at least 1"},
    {HEAD ASK ",\"generation_config\":{\"presence_penalty\":3}}", 114, "from -2 to 2"},
    {HEAD ASK ",\"generation_config\":{\"stop_sequences\":\"x\"}}", 112, "array of strings"},
    {HEAD ASK ",\"generation_config\":{\"max_token\":5}}", 95, "did you mean \"max_tokens\""},
    {HEAD ASK ",\"modle\":1}", 74, "did you mean \"model\""},
    {HEAD ASK ",\"model\":\"n\"}", 74, "stands twice"},
    {HEAD ASK ",\"seed\":nope}", 81, "not valid JSON"},
    {HEAD ASK ",\"seed\":null}", 0, ""},
    {"{\"custom\\u005fid\":\"a\",\"model\":\"m\"," ASK "}", 0, ""},
    {"{\"custom_id\":\"a\",\"custom\\u005fid\":\"b\",\"model\":\"m\"," ASK "}", 18, "stands twice"},
    {"{\"custom_id\":\"a\",\"body\":{\"model\":\"m\"},\"tools\":null}", 0, ""},
    {"{\"custom_id\":\"a\",\"body\":{},\"provider_kwargs\":{\"n\":1}}", 46, "both body and provider_kwargs"},
    {"{\"custom_id\":\"a\",\"body\":{},\"system_prompt\":\"\"}", 44, "both body and system_prompt"},
    {"{\"custom_id\":\"a\",\"body\":{},\"seed\":1}", 35, "both body and seed"},
    {"{\"custom_id\":\"a\",\"body\":{}," ASK "}", 39, "both body and messages"},
    {HEAD ASK ",\"input\":\"x\"}", 82, "input is given"},
    {HEAD ASK ",\"reasoning\":\"\"}", 86, "empty string"},
    {HEAD ASK ",\"endpoint\":\"chats\"}", 85, "is not known"},
    {HEAD "\"messages\":[{\"role\":\"user\",\"content\":\"a\xff\"}]}", 69, "not valid UTF-8"},
    {HEAD ASK ",\"generation_config\":{\"top_p\":nil}}", 103, "not valid JSON"},
    {HEAD "\"messages\":nope}", 41, "not valid JSON"},
    {HEAD "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":nope}]}]}", 76, "not valid JSON"},
    {HEAD ASK ",\"provider_kwargs\":{\"a\":tru}}", 97, "not valid JSON"},
    {HEAD ASK ",\"provider_kwargs\":{\"a\":01}}", 97, "not valid JSON"},
    {HEAD ASK ",\"provider_kwargs\":{\"a\":\"\\ud800\"}}", 98, "surrogate"},
    {HEAD ASK ",\"provider_kwargs\":{\"a\":\"\\x\"}}", 98, "no such escape"},
    {HEAD ASK ",\"provider_kwargs\":{\"a\":1,}}", 99, "field name"},
    {HEAD ASK ",\"seed\":1.5}", 81, "whole number"},
    {HEAD ASK ",\"endpoint\":\"chats\"}", 85, "not known"},
    {"{\"custom_id\":\"a\",\"model\":\"m\\q\"}", 28, "no such escape"},
};

std::string padded(const std::string& text) { return text + std::string(br::kJsonPadding, '\0'); }

void read_each_case_says_what_and_where(void**) {
  br::RequestReader reader;
  br::Request request;
  int wrong = 0;
  for (const Case& c : kCases) {
    br::Issue issue;
    std::string line = padded(c.line);
    const bool good = reader.read(line.data(), line.size() - br::kJsonPadding, &request, &issue);
    if (good != (c.column == 0)) fail_msg("%s: read gave %d: %s", c.line, good, issue.message.c_str());
    if (good) continue;
    if (issue.column == c.column && issue.message.find(c.fragment) != std::string::npos) continue;
    print_error("%s: column %u: %s\n", c.line, issue.column, issue.message.c_str());
    ++wrong;
  }
  assert_int_equal(wrong, 0);
}

void read_wrong_utf8_is_refused(void**) {
  br::RequestReader reader;
  br::Request request;
  br::Issue issue;
  std::string line = padded(HEAD "\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}");
  assert_false(reader.read(line.data(), line.size() - br::kJsonPadding, &request, &issue));
  assert_non_null(strstr(issue.message.c_str(), "UTF-8"));
}

void read_slices_point_into_the_line(void**) {
  br::RequestReader reader;
  br::Request request;
  br::Issue issue;
  std::string line = padded("{\"custom_id\":\"a\\n\",\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":"
                            "[{\"type\":\"text\",\"text\":\"x\\u00e9\"}]}],\"generation_config\":{\"top_p\":0.5 }}");
  assert_true(reader.read(line.data(), line.size() - br::kJsonPadding, &request, &issue));
  assert_string_equal(std::string(request.custom_id).c_str(), "a\n");
  assert_int_equal(request.messages.size(), 1);
  assert_true(request.messages[0].role == br::Role::assistant);
  assert_string_equal(std::string(request.parts[0].text_json).c_str(), "\"x\\u00e9\"");
  assert_string_equal(std::string(request.generation.top_p).c_str(), "0.5");
}

std::string model_of(const char* text) {
  br::RequestReader reader;
  br::Request request;
  br::Issue issue;
  std::string line = padded(text);
  if (!reader.read(line.data(), line.size() - br::kJsonPadding, &request, &issue)) return issue.message;
  return std::string(request.model);
}

void model_that_is_sent_is_the_model_of_the_request(void**) {
  assert_string_equal(model_of(R"({"custom_id":"a","body":{"mod\u0065l":"gpt-4o","messages":[]}})").c_str(), "gpt-4o");
  assert_string_equal(model_of(HEAD R"("messages":[{"role":"user","content":"x"}],"provider_kwargs":{"model":"other"}})").c_str(), "other");
  assert_string_equal(model_of(HEAD R"("messages":[{"role":"user","content":"x"}],"provider_kwargs":{"mod\u0065l":"other"}})").c_str(), "other");
  assert_non_null(std::strstr(
      model_of(HEAD R"("messages":[{"role":"user","content":"x"}],"provider_kwargs":{"model":""}})").c_str(),
      "provider_kwargs.model is no name of a model"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(read_each_case_says_what_and_where),
      cmocka_unit_test(read_wrong_utf8_is_refused),
      cmocka_unit_test(read_slices_point_into_the_line),
      cmocka_unit_test(model_that_is_sent_is_the_model_of_the_request),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
