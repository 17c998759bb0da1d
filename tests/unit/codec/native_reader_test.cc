// Lines of vendors' own batch files become requests: whose they are, their id, endpoint, model, and the body as it stands.
#include <string>

#include "codec/json_read.h"
#include "codec/request_reader.h"
#include "support/cmocka.h"

namespace {

struct Read {
  std::string line;
  br::RequestReader reader;
  br::Request request;
  br::Issue issue;
  bool good = false;

  explicit Read(const std::string& text, std::string_view model = {}) : line(text) {
    reader.set_default_model(model);
    line.append(br::kJsonPadding, '\0');
    good = reader.read(line.data(), text.size(), &request, &issue);
  }
};

void assert_text(std::string_view got, const char* want) { assert_string_equal(std::string(got).c_str(), want); }

void read_openai_line_keeps_body_url_and_id(void**) {
  Read r(R"({"custom_id":"a","method":"POST","url":"\/v1\/embeddings","body":{"input": [1],  "model":"m"}})");
  assert_true(r.good);
  assert_true(r.request.form == br::LineForm::openai);
  assert_true(r.request.endpoint == br::Endpoint::embeddings);
  assert_text(r.request.body_json, R"({"input": [1],  "model":"m"})");
  assert_text(r.request.url_json, R"("\/v1\/embeddings")");
  assert_text(r.request.path, "/v1/embeddings");
  assert_text(r.request.custom_id, "a");
  assert_text(r.request.model, "m");
}

void read_body_before_the_url_is_the_same_line(void**) {
  Read r(R"({"body":{"model":"m"},"url":"/v1/ocr","custom_id":"a","method":"POST"})");
  assert_true(r.good);
  assert_true(r.request.form == br::LineForm::openai);
  assert_true(r.request.endpoint == br::Endpoint::other);
  assert_text(r.request.path, "/v1/ocr");
}

void read_anthropic_line_has_its_params(void**) {
  Read r(R"({"custom_id":"a","params":{"model":"claude","max_tokens":1,"messages":[]}})");
  assert_true(r.good);
  assert_true(r.request.form == br::LineForm::anthropic);
  assert_text(r.request.model, "claude");
  assert_text(r.request.body_json, R"({"model":"claude","max_tokens":1,"messages":[]})");
}

void read_gemini_line_takes_the_model_for_lines_without_one(void**) {
  Read r(R"({"key":"a","request":{"contents":[]}})", "gemini-2.5-flash");
  assert_true(r.good);
  assert_true(r.request.form == br::LineForm::gemini);
  assert_text(r.request.custom_id, "a");
  assert_text(r.request.model, "gemini-2.5-flash");
  assert_text(r.request.model_json, "\"gemini-2.5-flash\"");
}

void read_gemini_line_of_an_embedding_says_so(void**) {
  Read r(R"({"key":"a","request":{"content":{"parts":[]}}})");
  assert_true(r.request.endpoint == br::Endpoint::embeddings);
}

void read_gemini_inline_element_has_its_key_in_metadata(void**) {
  Read r(R"({"request":{"contents":[]},"metadata":{"key":"k"}})");
  assert_true(r.good);
  assert_text(r.request.custom_id, "k");
  assert_int_equal(r.request.line_fields.size(), 0);
}

void read_vertex_line_keeps_its_other_fields(void**) {
  Read r(R"({"request":{"contents":[],"labels":{"custom_id":"l"}},"team":7})");
  assert_true(r.good);
  assert_text(r.request.custom_id, "l");
  assert_int_equal(r.request.line_fields.size(), 1);
  assert_text(r.request.line_fields[0].second, "7");
}

void read_bedrock_line_may_have_no_id(void**) {
  Read r(R"({"modelInput":{"a":1}})");
  assert_true(r.good);
  assert_true(r.request.form == br::LineForm::bedrock);
  assert_true(r.request.custom_id_json.empty());
}

void read_each_wrong_native_line_says_what_and_where(void**) {
  struct Case {
    const char* line;
    unsigned column;
    const char* fragment;
  };
  static const Case kCases[] = {
      {R"({"custom_id":"a","method":"GET","url":"/v1/ocr","body":{}})", 27, "take POST"},
      {R"({"custom_id":"a","method":"POST","url":"/v1/ocr","body":{},"n":1})", 60, "not one of OpenAI's batch line"},
      {R"({"custom_id":"a","url":"/v1/ocr","messages":[]})", 18, "no body"},
      {R"({"custom_id":"a","params":{},"body":{}})", 37, "both params and body"},
      {R"({"method":"POST","url":"/v1/ocr","body":{}})", 1, "custom_id is missing"},
      {R"({"custom_id":"a","params":[]})", 27, "an object"},
      {R"({"custom_id":"a","params":{"model":}})", 36, "not valid JSON"},
      {R"({"recordId":"","modelInput":{}})", 13, "empty string"},
      {R"({"key":"a","key":"b","request":{}})", 12, "stands twice"},
      {"{\"key\":\"a\",\"request\":{\"x\":\"\xff\"}}", 28, "UTF-8"},
  };
  for (const Case& c : kCases) {
    Read r(c.line);
    if (r.good || r.issue.column != c.column || r.issue.message.find(c.fragment) == std::string::npos)
      fail_msg("%s: %d, column %u: %s", c.line, r.good, r.issue.column, r.issue.message.c_str());
  }
}

void read_model_comes_from_the_line_the_body_or_the_setting(void**) {
  Read r(R"({"custom_id":"a","model":"beside","body":{"model":"inside"}})", "default");
  assert_true(r.good);
  assert_text(r.request.model, "beside");
  assert_text(r.request.body_model, "inside");
  Read inside(R"({"custom_id":"a","body":{"model":"inside"}})", "default");
  assert_text(inside.request.model, "inside");
  Read beside(R"({"custom_id":"a","model":"beside","body":{}})", "default");
  assert_text(beside.request.model, "beside");
  Read neither(R"({"custom_id":"a","body":{}})", "default");
  assert_text(neither.request.model, "default");
}

void read_unified_line_after_a_native_one_is_unified(void**) {
  br::RequestReader reader;
  br::Request request;
  br::Issue issue;
  const std::string first = R"({"key":"a","request":{}})", second = R"({"custom_id":"b","body":{"model":"m"}})";
  std::string one = first + std::string(br::kJsonPadding, '\0'), two = second + std::string(br::kJsonPadding, '\0');
  assert_true(reader.read(one.data(), first.size(), &request, &issue));
  assert_true(reader.read(two.data(), second.size(), &request, &issue));
  assert_true(request.form == br::LineForm::unified);
  assert_text(request.custom_id, "b");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(read_openai_line_keeps_body_url_and_id),
      cmocka_unit_test(read_body_before_the_url_is_the_same_line),
      cmocka_unit_test(read_anthropic_line_has_its_params),
      cmocka_unit_test(read_gemini_line_takes_the_model_for_lines_without_one),
      cmocka_unit_test(read_gemini_line_of_an_embedding_says_so),
      cmocka_unit_test(read_gemini_inline_element_has_its_key_in_metadata),
      cmocka_unit_test(read_vertex_line_keeps_its_other_fields),
      cmocka_unit_test(read_bedrock_line_may_have_no_id),
      cmocka_unit_test(read_each_wrong_native_line_says_what_and_where),
      cmocka_unit_test(read_model_comes_from_the_line_the_body_or_the_setting),
      cmocka_unit_test(read_unified_line_after_a_native_one_is_unified),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
