// Endpoints and forms of lines are checked against the vendor's own list, and the texts of embeddings are counted.
#include "providers/shared/line_check.h"

#include <string>

#include "codec/json_read.h"
#include "providers/registry.h"
#include "support/cmocka.h"

namespace {

struct Checked {
  std::string line;
  br::RequestReader reader;
  br::Request request;
  br::Issue issue;
  bool good = false;

  Checked(const char* vendor, const std::string& text) : line(text) {
    line.append(br::kJsonPadding, '\0');
    if (!reader.read(line.data(), text.size(), &request, &issue)) fail_msg("%s", issue.message.c_str());
    good = br::check_line(br::find_provider(vendor)->capability(), &request, &issue);
  }
  bool says(const char* fragment) const { return !good && issue.message.find(fragment) != std::string::npos; }
};

std::string body_to(const std::string& endpoint) {
  return "{\"custom_id\":\"a\",\"endpoint\":\"" + endpoint + "\",\"body\":{\"model\":\"m\"}}";
}
std::string ask_at(const std::string& endpoint) {
  return "{\"custom_id\":\"a\",\"endpoint\":\"" + endpoint +
         "\",\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
}

void check_path_short_or_whole_is_the_vendors(void**) {
  struct Case {
    const char* vendor;
    const char* endpoint;
    const char* path;  // what is sent; "": the usual one
  };
  static const Case kCases[] = {
      {"openai", "/v1/chat/completions", ""}, {"openai", "chat/completions", ""},   {"mistral", "ocr", "/v1/ocr"},
      {"mistral", "/v1/ocr", "/v1/ocr"},      {"openai", "/v1/completions", ""},    {"vllm", "/score", "/score"},
      {"vllm", "score", "/v1/score"},         {"openai", "videos", "/v1/videos"},   {"mistral", "fim/completions", "/v1/fim/completions"},
      {"xai", "/v1/videos/generations", "/v1/videos/generations"},                  {"openai-compatible", "/v2/rerank", "/v2/rerank"},
  };
  for (const Case& c : kCases) {
    Checked checked(c.vendor, body_to(c.endpoint));
    if (!checked.good || checked.request.path != c.path)
      fail_msg("%s %s: %s", c.vendor, c.endpoint, checked.issue.message.c_str());
  }
}

void check_endpoint_of_another_vendor_is_refused_for_all(void**) {
  struct Case {
    const char* vendor;
    const char* endpoint;
  };
  static const Case kCases[] = {{"groq", "completions"}, {"groq", "embeddings"}, {"together", "/v1/embeddings"},
                                {"xai", "embeddings"},   {"mistral", "responses"}, {"anthropic", "embeddings"},
                                {"google", "responses"}, {"vertex", "embeddings"}, {"bedrock", "moderations"},
                                {"fireworks", "ocr"},    {"openai", "/v1/ocr"},    {"vllm", "completions"}};
  for (const Case& c : kCases) {
    Checked checked(c.vendor, body_to(c.endpoint));
    if (!checked.says("is not one of")) fail_msg("%s %s: %s", c.vendor, c.endpoint, checked.issue.message.c_str());
    assert_string_equal(checked.issue.field.c_str(), "endpoint");
  }
}

void check_messages_path_is_chat_at_anthropic_alone(void**) {
  assert_true(Checked("anthropic", ask_at("/v1/messages")).good);
  assert_true(Checked("doubleword", body_to("/v1/messages")).good);
  assert_true(Checked("doubleword", ask_at("/v1/messages")).says("give the request as body"));
}

bool takes(const char* vendor, const std::string& line) {
  return br::takes_body(br::find_provider(vendor)->capability(), Checked(vendor, line).request);
}

void takes_body_of_the_vendors_own_lines_alone(void**) {
  const char* openai = R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m"}})";
  const char* gemini = R"({"key":"a","request":{"contents":[]}})";
  for (const char* vendor :
       {"openai", "groq", "mistral", "together", "fireworks", "xai", "doubleword", "vllm", "azure"}) {
    assert_true(takes(vendor, openai));
    assert_false(takes(vendor, gemini));
  }
  for (const char* vendor : {"google", "vertex"}) assert_true(takes(vendor, gemini));
  for (const char* vendor : {"anthropic", "google", "bedrock"}) assert_false(takes(vendor, openai));
  assert_true(takes("anthropic", R"({"custom_id":"a","body":{"model":"m"}})"));  // whose it is, nobody can tell
}

void takes_body_of_responses_where_there_are_responses(void**) {
  const char* responses = R"({"custom_id":"a","method":"POST","url":"/v1/responses","body":{"model":"m","input":"x"}})";
  for (const char* vendor : {"openai", "azure", "xai"}) assert_true(takes(vendor, responses));
  for (const char* vendor : {"mistral", "groq", "together"}) assert_false(takes(vendor, responses));
}

void check_url_of_a_line_has_to_be_whole(void**) {
  Checked checked("openai", R"({"custom_id":"a","method":"POST","url":"/chat/completions","body":{"model":"m"}})");
  assert_true(checked.says("/chat/completions is not one of OpenAI's batch API"));
  assert_true(Checked("azure", R"({"custom_id":"a","method":"POST","url":"/chat/completions","body":{"model":"m"}})").good);
}

void check_model_is_the_one_that_is_sent(void**) {
  const char* both = R"({"custom_id":"a","model":"beside","body":{"model":"inside"}})";
  assert_string_equal(std::string(Checked("openai", both).request.model).c_str(), "inside");
  assert_string_equal(std::string(Checked("mistral", both).request.model).c_str(), "beside");
  assert_string_equal(std::string(Checked("google", both).request.model).c_str(), "beside");
}

void count_inputs_of_every_form(void**) {
  const auto count = [](const std::string& input) {
    return br::count_inputs(Checked("mistral", "{\"custom_id\":\"a\",\"endpoint\":\"embeddings\",\"body\":{\"model\":\"m\",\"input\":" +
                                                   input + "}}").request);
  };
  assert_int_equal(count("\"x\""), 1);
  assert_int_equal(count("[\"x\",\"y\"]"), 2);
  assert_int_equal(count("[1,2,3]"), 1);
  assert_int_equal(count("[[1],[2,3]]"), 2);
}

void check_more_inputs_than_the_vendor_embeds_are_refused(void**) {
  const auto embed = [](int count) {
    std::string input = "\"x\"";
    for (int i = 1; i < count; ++i) input += ",\"x\"";
    return "{\"custom_id\":\"a\",\"model\":\"m\",\"endpoint\":\"embeddings\",\"input\":[" + input + "]}";
  };
  assert_true(Checked("openai", embed(2048)).good);
  assert_true(Checked("openai", embed(2049)).says("2048"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(check_path_short_or_whole_is_the_vendors),
      cmocka_unit_test(check_endpoint_of_another_vendor_is_refused_for_all),
      cmocka_unit_test(check_messages_path_is_chat_at_anthropic_alone),
      cmocka_unit_test(takes_body_of_the_vendors_own_lines_alone),
      cmocka_unit_test(takes_body_of_responses_where_there_are_responses),
      cmocka_unit_test(check_url_of_a_line_has_to_be_whole),
      cmocka_unit_test(check_model_is_the_one_that_is_sent),
      cmocka_unit_test(count_inputs_of_every_form),
      cmocka_unit_test(check_more_inputs_than_the_vendor_embeds_are_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
