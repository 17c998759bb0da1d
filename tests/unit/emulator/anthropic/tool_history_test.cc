#include "emulator/anthropic/tool_history.h"

#include <string>

#include "emulator/anthropic/rows.h"
#include "support/cmocka.h"

namespace {

using namespace br::emulator;

std::string judged(const std::string& messages) {
  json::Document params;
  assert_true(json::parse(R"({"model":"claude","max_tokens":9,"messages":[)" + messages + "]}", params));
  return anthropic_params_problem({}, params, "2023-06-01").message;
}

constexpr char kAsk[] = R"({"role":"user","content":"q"},)";
constexpr char kUse[] = R"({"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]})";

std::string result(const char* id, const char* content = "\"4\"") {
  return R"({"role":"user","content":[{"type":"tool_result","tool_use_id":")" + std::string(id) + R"(","content":)" +
         content + "}]}";
}

void result_without_its_call_is_refused(void**) {
  assert_string_equal(judged(std::string(kAsk) + kUse + "," + result("t1")).c_str(), "");
  assert_string_equal(judged(result("t1")).c_str(),
                      "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: t1. Each "
                      "`tool_result` block must have a corresponding `tool_use` block in the previous message.");
  assert_true(judged(std::string(kAsk) + kUse + "," + result("t2")).find("messages.2.content.0: unexpected") == 0);
}

void call_without_its_result_is_refused(void**) {
  const std::string want =
      "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1. Each `tool_use` block "
      "must have a corresponding `tool_result` block in the next message.";
  assert_string_equal(judged(std::string(kAsk) + kUse + R"(,{"role":"user","content":"and?"})").c_str(), want.c_str());
  assert_string_equal(judged(std::string(kAsk) + kUse).c_str(), want.c_str());
}

void picture_that_is_no_base64_is_refused_wherever_it_lies(void**) {
  const auto picture = [](const char* data) {
    return R"([{"type":"image","source":{"type":"base64","media_type":"image/png","data":")" + std::string(data) +
           "\"}}]";
  };
  const auto asked = [&](const char* data) { return judged(R"({"role":"user","content":)" + picture(data) + "}"); };
  assert_string_equal(asked("aGk=").c_str(), "");
  for (const char* const bad : {"aGk", "photo.png", "data:image/png;base64,aGk="}) {
    assert_string_equal(asked(bad).c_str(), "messages.0.content.0.image.source.base64: invalid base64 data");
  }
  const std::string inside = judged(std::string(kAsk) + kUse + "," + result("t1", picture("photo.png").c_str()));
  assert_string_equal(inside.c_str(),
                      "messages.2.content.0.tool_result.content.0.image.source.base64: invalid base64 data");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(result_without_its_call_is_refused),
      cmocka_unit_test(call_without_its_result_is_refused),
      cmocka_unit_test(picture_that_is_no_base64_is_refused_wherever_it_lies),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
