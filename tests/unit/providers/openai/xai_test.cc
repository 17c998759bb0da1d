// xAI has no status word: a cancelled batch is over when its counters stand still.
#include "codec/json_read.h"
#include "support/cmocka.h"
#include "support/provider_setup.h"

namespace {

constexpr const char* kCancelled = R"({"batch_id":"b","cancel_time":"2026-08-28T01:00:00Z",)"
                                   R"("state":{"num_requests":8,"num_pending":0,"num_success":3,"num_cancelled":5}})";
constexpr const char* kAnswered = R"({"batch_id":"b","cancel_time":"2026-08-28T01:00:00Z",)"
                                  R"("state":{"num_requests":8,"num_pending":0,"num_success":8,"num_cancelled":0}})";

// Polls once; the answer becomes what is known of the batch.
br::State poll(br::RemoteBatch* batch, const char* answer) {
  const br::Provider* xai = br::find_provider("xai");
  const auto account = br::test::test_account(*xai);
  assert_true(account.ok());
  br::HttpResponse response;
  response.status = 200;
  response.body = answer;
  auto status = xai->http()->read_poll({*account, *batch, br::test::kNow}, response);
  assert_true(status.ok());
  batch->status = *status;
  return batch->status.state;
}

br::RemoteBatch batch_of() {
  br::RemoteBatch batch;
  batch.provider = "xai";
  batch.status.id = "b";
  return batch;
}

void a_cancelled_batch_ends_when_its_counters_repeat(void**) {
  br::RemoteBatch batch = batch_of();
  assert_true(poll(&batch, kCancelled) == br::State::cancelling);
  assert_true(batch.status.output.url.empty());
  assert_true(poll(&batch, kCancelled) == br::State::cancelled);
  assert_string_equal(batch.status.output.url.c_str(), "https://api.x.ai/v1/batches/b/results");
  assert_true(poll(&batch, kCancelled) == br::State::cancelled);
}

void a_cancelled_batch_whose_rows_were_answered_all_the_same_is_completed(void**) {
  br::RemoteBatch batch = batch_of();
  assert_true(poll(&batch, kCancelled) == br::State::cancelling);
  assert_true(poll(&batch, kAnswered) == br::State::completed);
  assert_int_equal(batch.status.counts.succeeded, 8);
}

void a_page_of_results_names_the_next_one(void**) {
  const br::Provider* xai = br::find_provider("xai");
  const auto account = br::test::test_account(*xai);
  br::HttpResponse response;
  response.status = 200;
  response.body = "{\"results\":[{\"batch_request_id\":\"a\",\n\"batch_result\":{}}],\"pagination_token\":\"t/2\"}";
  const auto page = xai->http()->read_page(*account, batch_of(), response);
  assert_true(page.ok());
  assert_string_equal(page->lines.c_str(), "{\"batch_request_id\":\"a\", \"batch_result\":{}}\n");
  assert_int_equal(page->next.size(), 1);
  assert_true(page->next[0].page);
  assert_string_equal(page->next[0].request.url.c_str(),
                      "https://api.x.ai/v1/batches/b/results?limit=200&pagination_token=t%2F2");
  response.body = R"({"results":[],"pagination_token":""})";
  assert_true(xai->http()->read_page(*account, batch_of(), response)->next.empty());
}

}  // namespace

int main() {
  br::test::forget_environment();
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_cancelled_batch_ends_when_its_counters_repeat),
      cmocka_unit_test(a_cancelled_batch_whose_rows_were_answered_all_the_same_is_completed),
      cmocka_unit_test(a_page_of_results_names_the_next_one),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
