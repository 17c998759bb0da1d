#include "emulator/vendor/list_shape.h"

#include <string>
#include <vector>

#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

void list_entry_takes_every_form(void**) {
  Client client;
  client.batch_of(lines(1));
  const std::string newest = client.batch_of(lines(2));
  const auto first = [&](const std::string& form) {
    client.call("DELETE", "/__emulator/faults");
    client.fault("GET /v1/batches list_entry form=" + form);
    return client.call("GET", "/v1/batches").json();
  };
  assert_string_equal(first("empty_id")["data"][0]["id"].GetString(), "");
  assert_true(first("null_id")["data"][0]["id"].IsNull());
  assert_false(first("no_id")["data"][0].HasMember("id"));
  assert_true(first("null")["data"][0].IsNull());
  assert_true(first("number")["data"][0].IsInt());
  assert_true(first("text")["data"][0].IsString());
  assert_string_equal(first("other")["data"][0]["kind"].GetString(), "notice");
  assert_string_equal(first("null entry=2")["data"][0]["id"].GetString(), newest.c_str());
  const json::Document all = first("null entry=0");
  assert_true(all["data"][0].IsNull() && all["data"][1].IsNull());
}

void pages_small_repeated_and_empty_never_say_that_they_end(void**) {
  Client client;
  const std::string first = client.batch_of(lines(1));
  const std::string second = client.batch_of(lines(2));
  client.fault("GET /v1/batches small_pages entries=1 count=0");
  const json::Document page = client.call("GET", "/v1/batches?limit=20").json();
  assert_int_equal(page["data"].Size(), 1);
  assert_true(page["has_more"].GetBool());
  client.fault("GET /v1/batches page_repeats count=2");
  for (int i = 0; i < 2; ++i) {
    const json::Document again = client.call("GET", "/v1/batches?after=" + second).json();
    assert_string_equal(again["data"][0]["id"].GetString(), second.c_str());
    assert_true(again["has_more"].GetBool());
  }
  assert_string_equal(client.call("GET", "/v1/batches?after=" + second).json()["data"][0]["id"].GetString(),
                      first.c_str());
  client.fault("GET /v1/batches empty_page");
  const json::Document empty = client.call("GET", "/v1/batches").json();
  assert_int_equal(empty["data"].Size(), 0);
  assert_true(empty["has_more"].GetBool());
}

void empty_page_of_a_token_vendor_goes_on_where_it_began(void**) {
  Client client;
  const auto make = [&](const char* id) {
    const std::string requests =
        std::string(R"([{"custom_id":")") + id + R"(","body":{"messages":[{"role":"user","content":"hi"}]}}])";
    return client
        .call("POST", "/mistral/v1/batch/jobs",
              R"({"endpoint":"/v1/chat/completions","model":"m","requests":)" + requests + "}")
        .text("id");
  };
  const std::string id = make("a");
  assert_string_not_equal(id.c_str(), "");
  client.fault("GET /mistral/v1/batch/jobs empty_page");
  const json::Document empty = client.call("GET", "/mistral/v1/batch/jobs").json();
  assert_int_equal(empty["data"].Size(), 0);
  assert_true(empty["total"].GetInt64() > 1);
  client.fault("GET /xai/v1/batches empty_page");
  const std::string container = client.call("POST", "/xai/v1/batches", R"({"name":"n"})").text("batch_id");
  const Answer page = client.call("GET", "/xai/v1/batches");
  assert_string_equal(page.text("pagination_token").c_str(), container.c_str());
  const json::Document rest =
      client.call("GET", "/xai/v1/batches?pagination_token=" + page.text("pagination_token")).json();
  assert_string_equal(rest["batches"][0]["batch_id"].GetString(), container.c_str());
}

void list_order_holds_from_page_to_page(void**) {
  Client client;
  std::vector<std::string> made;
  for (int i = 1; i <= 6; ++i) made.push_back(client.batch_of(lines(i)));
  const auto listed = [&](const std::string& query) {
    std::string ids;
    const json::Document list = client.call("GET", "/v1/batches" + query).json();
    for (const auto& batch : list["data"].GetArray()) ids += std::string(batch["id"].GetString()) + " ";
    return ids;
  };
  client.fault("GET /v1/batches list_order order=oldest");
  assert_int_equal(listed("").find(made[0]), 0);
  client.fault("GET /v1/batches list_order order=mixed count=0");
  const std::string whole = listed("");
  const std::string start = listed("?limit=3");
  const std::string last = start.substr(start.rfind(' ', start.size() - 2) + 1);
  const std::string after = "?after=" + last.substr(0, last.size() - 1);
  assert_string_equal((start + listed(after)).c_str(), whole.c_str());
  assert_true(whole.find(made[5]) != 0 || whole.rfind(made[0]) != whole.size() - made[0].size() - 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(list_entry_takes_every_form),
      cmocka_unit_test(pages_small_repeated_and_empty_never_say_that_they_end),
      cmocka_unit_test(empty_page_of_a_token_vendor_goes_on_where_it_began),
      cmocka_unit_test(list_order_holds_from_page_to_page),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
