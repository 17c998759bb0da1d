// What follows a page of a vendor's list: a batch that is not found in the whole of it is made again.
#include <cstring>

#include "codec/json_read.h"
#include "support/cmocka.h"
#include "support/provider_setup.h"

namespace {

br::BatchPage page(const char* provider, const std::string& cursor, const std::string& answer) {
  const br::Provider* vendor = br::find_provider(provider);
  const auto account = br::test::test_account(*vendor);
  assert_true(account.ok());
  br::HttpResponse response;
  response.status = 200;
  response.body = answer;
  const br::RemoteBatch batch;
  auto page = vendor->http()->read_list({*account, batch, br::test::kNow}, {cursor}, response);
  assert_true(page.ok());
  return *page;
}

std::string jobs(int count) {
  std::string list;
  for (int i = 0; i < count; ++i)
    list += (i > 0 ? ",{\"id\":\"j" : "{\"id\":\"j") + std::to_string(i) + "\",\"status\":\"SUCCESS\"}";
  return "[" + list + "]";
}

bool is_refused(const char* provider, const std::string& cursor, const std::string& answer) {
  const br::Provider* vendor = br::find_provider(provider);
  const auto account = br::test::test_account(*vendor);
  br::HttpResponse response;
  response.status = 200;
  response.body = answer;
  const br::RemoteBatch batch;
  return !vendor->http()->read_list({*account, batch, br::test::kNow}, {cursor}, response).ok();
}

void answer_without_a_list_proves_nothing(void**) {
  assert_true(is_refused("google", "", R"({"status":"login required"})"));
  assert_false(is_refused("google", "", "{}"));
  assert_true(is_refused("openai", "", "[]"));
  assert_false(is_refused("together", "", "[]"));
  assert_true(is_refused("together", "", jobs(20)));  // so many are a page
  assert_true(is_refused("openai", "", R"({"data":[],"has_more":true})"));
}

std::string request_for(const char* provider, const std::string& cursor) {
  const br::Provider* vendor = br::find_provider(provider);
  const auto account = br::test::test_account(*vendor);
  const br::RemoteBatch batch;
  auto request = vendor->http()->list_request({*account, batch, br::test::kNow}, {cursor});
  assert_true(request.ok());
  return request->url;
}


void numbered_pages_shorter_than_asked_for_are_read_until_the_total_was_seen(void**) {
  const std::string twenty = R"({"object":"list","total":50,"data":)" + jobs(20) + "}";
  std::string cursor = page("mistral", "", twenty).next;
  assert_string_equal(cursor.c_str(), "1.20");
  const std::string url = request_for("mistral", cursor);
  assert_string_equal(url.c_str(), "https://api.mistral.ai/v1/batch/jobs?page=1&page_size=100&order_by=-created");
  cursor = page("mistral", cursor, twenty).next;
  assert_string_equal(cursor.c_str(), "2.40");
  assert_string_equal(page("mistral", cursor, R"({"total":50,"data":)" + jobs(10) + "}").next.c_str(), "");
}

void numbered_pages_without_a_total_are_read_until_one_is_empty(void**) {
  assert_string_equal(page("mistral", "", R"({"data":)" + jobs(20) + "}").next.c_str(), "1.20");
  assert_string_equal(page("mistral", "1.20", R"({"data":[]})").next.c_str(), "");
  assert_string_equal(page("mistral", "1.50", R"({"data":[],"total":50})").next.c_str(), "");
  assert_true(is_refused("mistral", "1.20", R"({"data":[],"total":50})"));  // thirty of them are nowhere
}

void full_page_that_does_not_say_whether_there_is_more_is_followed(void**) {
  const std::string full = jobs(100), some = jobs(7);
  assert_string_equal(page("openai", "", R"({"data":)" + full + "}").next.c_str(), "j99");
  assert_string_equal(page("openai", "", R"({"has_more":null,"last_id":"z","data":)" + full + "}").next.c_str(),
                      "z");
  assert_string_equal(page("openai", "", R"({"data":)" + some + "}").next.c_str(), "");
  assert_string_equal(page("openai", "", R"({"has_more":false,"data":)" + full + "}").next.c_str(), "");
  assert_string_equal(page("openai", "", R"({"has_more":true,"data":)" + some + "}").next.c_str(), "j6");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(answer_without_a_list_proves_nothing),
                              cmocka_unit_test(numbered_pages_shorter_than_asked_for_are_read_until_the_total_was_seen),
                              cmocka_unit_test(numbered_pages_without_a_total_are_read_until_one_is_empty),
                              cmocka_unit_test(full_page_that_does_not_say_whether_there_is_more_is_followed)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
