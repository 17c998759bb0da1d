// What a prompt costs at Anthropic: which of its tokens are read from a cache, written to one for five minutes or an
// hour, or fresh. Four bytes make a token, and a request has one more.
#include "emulator/anthropic/prompt_cache.h"

#include <string>

#include "support/cmocka.h"

namespace {

using namespace br::emulator;

constexpr int64_t kMinuteMs = 60'000;

std::string text(int64_t tokens, char letter = 'x') { return std::string(static_cast<size_t>(tokens) * 4, letter); }

// A system text of so many tokens; `mark` is the value of its cache_control.
std::string block(int64_t tokens, const char* mark = nullptr, char letter = 'x') {
  // "text" is a token as well.
  std::string json = R"({"type":"text","text":")" + text(tokens - 1, letter) + '"';
  if (mark != nullptr) json += R"(,"cache_control":)" + std::string(mark);
  return json + "}";
}

constexpr char kFive[] = R"({"type":"ephemeral"})", kHour[] = R"({"type":"ephemeral","ttl":"1h"})";

// The messages have 1 token: "user" and no text behind it.
std::string params(const std::string& system, const std::string& more = "") {
  return R"({"system":[)" + system + R"(],"messages":[{"role":"user","content":""}])" + more + "}";
}

struct Vendor {
  Tokens ask(const std::string& json, const char* batch, int64_t minute, const char* model = "claude-sonnet-4-5",
             const char* account = "") {
    json::Document document;
    assert_true(json::parse(json, document));
    return cache.count(prompt_blocks(document), {account, model, batch, minute * kMinuteMs, true});
  }
  PromptCache cache;
};

void expect(const Tokens& tokens, int64_t fresh, int64_t read, int64_t five, int64_t hour) {
  const int64_t left = tokens.input - tokens.cache_read - tokens.cache_write_5m - tokens.cache_write_1h;
  if (left != fresh || tokens.cache_read != read || tokens.cache_write_5m != five || tokens.cache_write_1h != hour)
    fail_msg("fresh %ld, read %ld, written %ld and %ld", static_cast<long>(left), static_cast<long>(tokens.cache_read),
             static_cast<long>(tokens.cache_write_5m), static_cast<long>(tokens.cache_write_1h));
}

void marked_prefix_is_written_once_and_read_by_the_next_batch(void**) {
  Vendor vendor;
  // 2,000 of the system text are written; fresh are 1 of the message and 1 that each request has.
  expect(vendor.ask(params(block(2000, kFive)), "one", 0), 2, 0, 2000, 0);
  expect(vendor.ask(params(block(2000, kFive)), "two", 1), 2, 2000, 0, 0);
  expect(vendor.ask(params(block(2000)), "two", 1), 2002, 0, 0, 0);              // it asks for no cache
  expect(vendor.ask(params(block(2000, kFive, 'y')), "two", 1), 2, 0, 2000, 0);  // another text
}

void rows_of_one_batch_do_not_see_what_it_wrote(void**) {
  Vendor vendor;
  expect(vendor.ask(params(block(2000, kFive)), "one", 0), 2, 0, 2000, 0);
  expect(vendor.ask(params(block(2000, kFive)), "one", 0), 2, 0, 2000, 0);
  expect(vendor.ask(params(block(2000, kFive)), "two", 0), 2, 2000, 0, 0);
}

void models_and_accounts_have_caches_of_their_own(void**) {
  Vendor vendor;
  vendor.ask(params(block(5000, kFive)), "one", 0);
  expect(vendor.ask(params(block(5000, kFive)), "two", 0, "claude-opus-4-5"), 2, 0, 5000, 0);
  expect(vendor.ask(params(block(5000, kFive)), "three", 0, "claude-sonnet-4-5", "red"), 2, 0, 5000, 0);
  expect(vendor.ask(params(block(5000, kFive)), "four", 0), 2, 5000, 0, 0);
}

void prefix_that_is_too_short_is_not_kept_and_nothing_is_said(void**) {
  Vendor vendor;
  expect(vendor.ask(params(block(1023, kFive)), "one", 0), 1025, 0, 0, 0);
  expect(vendor.ask(params(block(1024, kFive)), "one", 0), 2, 0, 1024, 0);
  expect(vendor.ask(params(block(4095, kFive)), "one", 0, "claude-haiku-4-5-20251001"), 4097, 0, 0, 0);
  expect(vendor.ask(params(block(4096, kFive)), "one", 0, "claude-haiku-4-5-20251001"), 2, 0, 4096, 0);
  expect(vendor.ask(params(block(512, kFive)), "one", 0, "claude-opus-5"), 2, 0, 512, 0);
  expect(vendor.ask(params(block(2047, kFive)), "one", 0, "claude-3-haiku-20240307"), 2049, 0, 0, 0);
}

void time_to_live_begins_anew_with_each_read(void**) {
  Vendor vendor;
  vendor.ask(params(block(2000, kFive)), "a", 0);
  expect(vendor.ask(params(block(2000, kFive)), "b", 4), 2, 2000, 0, 0);
  expect(vendor.ask(params(block(2000, kFive)), "c", 8), 2, 2000, 0, 0);
  expect(vendor.ask(params(block(2000, kFive)), "d", 13), 2, 0, 2000, 0);  // five minutes after the last read
  vendor.ask(params(block(3000, kHour)), "e", 20);
  expect(vendor.ask(params(block(3000, kHour)), "f", 79), 2, 3000, 0, 0);
  expect(vendor.ask(params(block(3000, kHour)), "g", 139), 2, 0, 0, 3000);
}

void marks_for_an_hour_and_for_five_minutes_are_counted_apart(void**) {
  Vendor vendor;
  const std::string both = block(2000, kHour) + "," + block(500, kFive, 'y') + "," + block(100, nullptr, 'z');
  // 2,000 for an hour, the 500 behind them for five minutes; 100 + 1 + 1 are fresh.
  expect(vendor.ask(params(both), "one", 0), 102, 0, 500, 2000);
  expect(vendor.ask(params(both), "two", 4), 102, 2500, 0, 0);
  // Half an hour later the first is there still: 500 are written again.
  expect(vendor.ask(params(both), "three", 34), 102, 2000, 500, 0);
}

void prefix_is_found_twenty_blocks_before_a_mark_and_no_further(void**) {
  Vendor vendor;
  std::string more;
  const auto grown = [&more](int blocks) {
    more.clear();
    for (int i = 0; i < blocks; ++i) more += "," + block(10, nullptr, 'y');
    return more;
  };
  vendor.ask(params(block(2000, kFive)), "one", 0);
  // 19 blocks and the marked one of 10 tokens each stand behind what is there.
  expect(vendor.ask(params(block(2000) + grown(19) + "," + block(10, kFive, 'z')), "two", 0), 2, 2000, 200, 0);
  expect(vendor.ask(params(block(2000) + grown(20) + "," + block(10, kFive, 'w')), "three", 0), 2, 0, 2210, 0);
}

void mark_of_the_whole_request_is_on_its_last_block(void**) {
  Vendor vendor;
  // 2,000 and 1 of the message are written; 1 is fresh.
  const std::string whole = params(block(2000), R"(,"cache_control":{"type":"ephemeral"})");
  expect(vendor.ask(whole, "one", 0), 1, 0, 2001, 0);
  expect(vendor.ask(whole, "two", 0), 1, 2001, 0, 0);
}

void tools_stand_before_the_system_texts(void**) {
  Vendor vendor;
  const std::string tool = R"("tools":[{"name":")" + text(1500, 't') + R"(","cache_control":{"type":"ephemeral"}}],)";
  std::string first = params(block(100)), second = params(block(200));
  first.insert(1, tool), second.insert(1, tool);
  expect(vendor.ask(first, "one", 0), 102, 0, 1500, 0);
  expect(vendor.ask(second, "two", 0), 202, 1500, 0, 0);
}

std::string problem(const std::string& json) {
  json::Document document;
  assert_true(json::parse(json, document));
  return cache_control_problem(document);
}

void marks_that_the_vendor_refuses(void**) {
  assert_string_equal(problem(params(block(9, kHour) + "," + block(9, kFive))).c_str(), "");
  assert_string_equal(problem(params(block(9, kFive) + "," + block(9, kHour))).c_str(),
                      "system.1.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' "
                      "cache_control block. Note that blocks are processed in the following order: `tools`, `system`, "
                      "`messages`.");
  const std::string four = block(9, kFive) + "," + block(9, kFive) + "," + block(9, kFive) + "," + block(9, kFive);
  assert_string_equal(problem(params(four)).c_str(), "");
  assert_string_equal(problem(params(four + "," + block(9, kFive))).c_str(),
                      "A maximum of 4 blocks with cache_control may be provided. Found 5.");
  assert_true(problem(params(block(9, R"({"type":"eternal"})"))).find("'ephemeral'") != std::string::npos);
  assert_true(problem(params(block(9, R"({"type":"ephemeral","ttl":"2h"})"))).find("'5m' or '1h'") !=
              std::string::npos);
  assert_string_equal(problem(params(block(9, "null"))).c_str(), "");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(marked_prefix_is_written_once_and_read_by_the_next_batch),
      cmocka_unit_test(rows_of_one_batch_do_not_see_what_it_wrote),
      cmocka_unit_test(models_and_accounts_have_caches_of_their_own),
      cmocka_unit_test(prefix_that_is_too_short_is_not_kept_and_nothing_is_said),
      cmocka_unit_test(time_to_live_begins_anew_with_each_read),
      cmocka_unit_test(marks_for_an_hour_and_for_five_minutes_are_counted_apart),
      cmocka_unit_test(prefix_is_found_twenty_blocks_before_a_mark_and_no_further),
      cmocka_unit_test(mark_of_the_whole_request_is_on_its_last_block),
      cmocka_unit_test(tools_stand_before_the_system_texts),
      cmocka_unit_test(marks_that_the_vendor_refuses),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
