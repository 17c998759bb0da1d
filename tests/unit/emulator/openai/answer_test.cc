#include <cstring>
#include <string>
#include <vector>

#include "emulator/openai/body.h"
#include "support/cmocka.h"

namespace {

using namespace br::emulator;

// The vector that the answer to `body` begins with, as it stands there.
json::Document answered(const char* body, const char* endpoint = "/v1/embeddings") {
  json::Document asked;
  assert_true(json::parse(body, asked));
  json::Writer out;
  write_answer(out, {endpoint, "r1", 42, 0, 1'700'000'000}, asked);
  json::Document answer;
  assert_true(json::parse(out.view(), answer));
  return answer;
}

std::string decoded(std::string_view text) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : text.substr(0, text.find('='))) {
    bits = bits << 6 | static_cast<uint32_t>(kDigits.find(c));
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xFF);
  }
  return bytes;
}

void embeddings_base64_is_the_same_vector_in_little_endian_floats(void**) {
  for (const char* const dimensions : {"1", "2", "3", "8"}) {
    const std::string asked = std::string(R"({"model":"m","input":"text","dimensions":)") + dimensions;
    const json::Document plain = answered((asked + "}").c_str());
    const json::Document packed = answered((asked + R"(,"encoding_format":"base64"})").c_str());
    const json::Value& numbers = plain["data"][0]["embedding"];
    const json::Value& text = packed["data"][0]["embedding"];
    assert_true(numbers.IsArray() && text.IsString());
    assert_int_equal(text.GetStringLength() % 4, 0);
    const std::string bytes = decoded(json::view(text));
    assert_int_equal(bytes.size(), numbers.Size() * 4);
    for (rapidjson::SizeType i = 0; i < numbers.Size(); ++i) {
      uint32_t bits = 0;
      for (size_t k = 4; k > 0; --k) bits = bits << 8 | static_cast<unsigned char>(bytes[i * 4 + k - 1]);
      float number = 0;
      std::memcpy(&number, &bits, sizeof number);
      assert_true(number == static_cast<float>(numbers[i].GetDouble()));
    }
  }
}

void moderations_answered_as_moderations(void**) {
  const json::Document one = answered(R"({"model":"omni-moderation-latest","input":"a river"})", "/v1/moderations");
  assert_true(one["results"].Size() == 1 && !one["results"][0]["flagged"].GetBool());
  assert_false(one.HasMember("choices"));
  const json::Document two = answered(R"({"input":["a river","some violence"]})", "/v1/moderations");
  assert_true(two["results"].Size() == 2 && two["results"][1]["flagged"].GetBool());
  assert_true(two["results"][1]["categories"]["violence"].GetBool());
}

void completions_answered_as_text_completions(void**) {
  const json::Document answer = answered(R"({"model":"gpt-3.5-turbo-instruct","prompt":"Name a river"})", "/v1/completions");
  assert_string_equal(answer["object"].GetString(), "text_completion");
  assert_true(answer["choices"][0]["text"].GetStringLength() > 0);
  assert_false(answer["choices"][0].HasMember("message"));
}

json::Document answered_by_mistral(const char* body, const char* endpoint) {
  json::Document asked;
  assert_true(json::parse(body, asked));
  json::Writer out;
  write_answer(out, {endpoint, "r1", 42, 0, 1'700'000'000, "m", AnswerShape::kMistral}, asked);
  json::Document answer;
  assert_true(json::parse(out.view(), answer));
  return answer;
}

void endpoints_of_mistral_have_shapes_of_their_own(void**) {
  const json::Document ocr = answered_by_mistral(
      R"({"document":{"type":"document_url","document_url":"https://a/b.pdf"}})", "/v1/ocr");
  assert_true(ocr["pages"].Size() == 1 && ocr["pages"][0]["markdown"].GetStringLength() > 0);
  assert_int_equal(ocr["usage_info"]["pages_processed"].GetInt(), 1);
  assert_string_equal(ocr["model"].GetString(), "m");
  for (const char* const endpoint : {"/v1/moderations", "/v1/chat/moderations"}) {
    const json::Document judged = answered_by_mistral(R"({"input":["a","b"]})", endpoint);
    assert_true(judged["results"].Size() == 2 && judged["results"][0]["category_scores"].IsObject());
    assert_false(judged["results"][0].HasMember("flagged"));
  }
  const json::Document chat = answered_by_mistral(R"({"input":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]})",
                                                  "/v1/chat/moderations");
  assert_int_equal(chat["results"].Size(), 1);
  const json::Document classes = answered_by_mistral(R"({"input":"a"})", "/v1/classifications");
  assert_true(classes["results"][0]["label"]["scores"].IsObject());
  const json::Document fim = answered_by_mistral(R"({"prompt":"def f","suffix":"return"})", "/v1/fim/completions");
  assert_true(std::string(fim["choices"][0]["message"]["content"].GetString()).find("def f") != std::string::npos);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(embeddings_base64_is_the_same_vector_in_little_endian_floats),
      cmocka_unit_test(moderations_answered_as_moderations),
      cmocka_unit_test(endpoints_of_mistral_have_shapes_of_their_own),
      cmocka_unit_test(completions_answered_as_text_completions),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
