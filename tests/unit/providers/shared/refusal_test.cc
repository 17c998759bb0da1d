// What a refusal means for the job: wait, mend something first, or the request is wrong.
#include "providers/shared/refusal.h"

#include <cstring>
#include <utility>

#include "providers/shared/http_error.h"
#include "support/cmocka.h"

namespace {

br::HttpResponse answer_of(int status, const char* body) {
  br::HttpResponse response;
  response.status = status;
  response.body = body;
  return response;
}

br::Error judged(br::Op op, const br::HttpResponse& response) {
  br::Error error = br::read_http_error("azure", "a call", response);
  br::judge_refusal(op, "https://api.example.com/v1", response, &error);
  return error;
}

void a_full_queue_is_known_by_any_words(void**) {
  for (const char* text : {
           "Enqueued token limit reached for gpt-4o in organization org-x. Limit: 90,000 enqueued tokens.",
           "Enqueued request limit reached for text-embedding-3-small. Please try again once some in_progress batches "
           "have been completed.",
           "You have reached the maximum number of concurrent batch jobs", "Too many pending batches",
           "Your account exceeds the limit of 20 active batches", "The batch queue is full",
           "This request would exceed the number of batch requests in the processing queue",
           "Max number of batches in progress reached",
           "You have exceeded the maximum number of batches that can be in validating state",
           "Batch creation limit reached: 2 batches are already being processed.", "Maximum in-flight batches reached",
           "You already have 100 open batches; wait until one is finished",
           "Too many concurrently processing batches."})
    assert_true(br::is_queue_full("", text));
  assert_true(br::is_queue_full("token_limit_exceeded", ""));
  for (const char* text : {"", "The file has more than the maximum of 50000 requests", "Rate limit reached: 3 requests per min",
                           "max_tokens exceeds the limit of the model", "Number of concurrent connections is limited"})
    assert_false(br::is_queue_full("", text));
}

void a_code_in_a_list_of_errors_is_read(void**) {
  const br::Error error =
      judged(br::Op::create, answer_of(400, R"({"errors":[{"message":"Enqueued token limit reached","code":"token_limit_exceeded"}]})"));
  assert_int_equal(error.code, br::Code::limit);
  assert_string_equal(error.vendor_code.c_str(), "token_limit_exceeded");
}

void a_missing_object_is_no_missing_bucket(void**) {
  const char* kGone = R"({"error":{"code":404,"message":"No such object: my-bucket/in/results/predictions.jsonl"}})";
  const br::Error gone = br::read_http_error("vertex", "downloading results", answer_of(404, kGone));
  assert_false(gone.blocking);
  assert_int_equal(gone.code, br::Code::not_found);
  const char* kBucket = R"({"error":{"code":404,"message":"The specified bucket does not exist."}})";
  assert_true(br::read_http_error("vertex", "downloading results", answer_of(404, kBucket)).blocking);
}

void a_full_queue_at_create_did_nothing_and_is_waited_for(void**) {
  const br::Error error = judged(br::Op::create, answer_of(429, R"({"error":{"message":"Enqueued token limit reached"}})"));
  assert_int_equal(error.code, br::Code::limit);
  assert_true(error.transient && error.not_executed && !error.blocking);
  const br::Error conflict = judged(br::Op::create, answer_of(409, R"({"error":{"message":"Batch queue is full"}})"));
  assert_int_equal(conflict.code, br::Code::limit);
  assert_true(conflict.not_executed);
  assert_false(judged(br::Op::create, answer_of(409, R"({"error":{"message":"Conflict"}})")).not_executed);
}

void what_is_not_the_vendors_blocks_upload_and_create(void**) {
  const char* kPage = "<!doctype html><html><body>404</body></html>";
  const char* kNoUrl = R"({"error":{"message":"Unknown request URL: /models/x:batch","code":"unknown_url"}})";
  for (const br::Op op : {br::Op::upload, br::Op::create}) {
    for (const int status : {400, 404, 405, 410, 421}) {
      const br::Error error = judged(op, answer_of(status, kPage));
      assert_true(error.blocking && error.not_executed);
      assert_int_equal(error.code, br::Code::network);
      assert_non_null(strstr(error.message.c_str(), "api.example.com"));
    }
    assert_true(judged(op, answer_of(404, kNoUrl)).blocking);
    assert_true(judged(op, answer_of(405, R"({"error":{"message":"Method not allowed"}})")).blocking);
  }
}

void what_the_vendor_says_of_the_request_stays_a_refusal(void**) {
  assert_false(judged(br::Op::upload, answer_of(400, R"({"error":{"message":"Invalid file format"}})")).blocking);
  assert_false(judged(br::Op::create, answer_of(400, R"({"error":{"message":"endpoint is not supported"}})")).blocking);
  assert_false(judged(br::Op::create, answer_of(404, R"({"error":{"message":"The model x does not exist"}})")).blocking);
  assert_false(judged(br::Op::poll, answer_of(404, "<html>")).blocking);
}

void a_web_page_for_an_upload_blocks_and_for_a_create_proves_nothing(void**) {
  const br::HttpResponse page = answer_of(200, "<html>sign in</html>");
  for (const br::Op op : {br::Op::upload, br::Op::create}) {
    br::Error error = br::protocol_error("openai", "a call", "the answer is not JSON");
    br::judge_refusal(op, "https://api.example.com", page, &error);
    assert_int_equal(error.blocking, op == br::Op::upload);
    assert_false(error.not_executed);
  }
}

void a_full_storage_blocks_as_a_quota(void**) {
  for (const char* body :
       {R"({"error":{"code":"quotaExceeded","message":"The quota for files without expiry is reached. The maximum is 500."}})",
        R"({"error":{"message":"You have exceeded your file storage quota"}})",
        R"({"error":{"message":"Too many files in this project"}})"}) {
    const br::Error error = judged(br::Op::upload, answer_of(400, body));
    assert_int_equal(error.code, br::Code::quota);
    assert_true(error.blocking);
    assert_non_null(strstr(error.hint.c_str(), "files.delete_remote"));
  }
  const char* kLarge = R"({"error":{"message":"The file size exceeds the limit of 200 MB of storage"}})";
  assert_int_equal(judged(br::Op::upload, answer_of(400, kLarge)).code, br::Code::provider);
}

void a_redirect_blocks_and_shows_where_it_points_without_its_query(void**) {
  br::HttpResponse response = answer_of(302, "");
  response.headers.emplace_back("location", "https://login.example.com/start?ticket=1");
  const br::Error error = br::read_http_error("openai", "asking", response);
  assert_true(error.blocking && error.not_executed);
  assert_non_null(strstr(error.message.c_str(), "https://login.example.com/start"));
  assert_null(strstr(error.message.c_str(), "ticket"));
}

void what_stands_on_the_way_blocks_and_what_is_away_is_tried_again(void**) {
  const std::pair<br::Failure, bool> cases[] = {{br::Failure::tls, true}, {br::Failure::proxy, true},
                                                {br::Failure::not_connected, false}, {br::Failure::broken, false}};
  for (const auto& [failure, blocks] : cases) {
    br::HttpResponse response;
    response.failure = failure;
    const br::Error error = br::read_http_error("openai", "asking", response);
    assert_int_equal(error.blocking, blocks);
    assert_int_equal(error.transient, !blocks);
    assert_int_equal(error.not_executed, failure != br::Failure::broken);
    assert_int_equal(error.code, br::Code::network);
  }
}

void a_handshake_that_fails_names_the_cure_of_its_own_reason(void**) {
  const std::pair<const char*, const char*> cases[] = {
      {"h:1: OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number", "does not speak TLS"},
      {"h:1: SSL: no alternative certificate subject name matches target host name 'h'", "another host's"},
      {"h:1: SSL certificate problem: certificate has expired", "clock"},
      {"h:1: error:0A00042E:SSL routines::tlsv1 alert protocol version", "ask whoever runs it"},
      {"h:1: error setting certificate file: /x.pem", "that can be read"},
      {"h:1: SSL certificate problem: unable to get local issuer certificate", "http.ca_file"}};
  for (const auto& [said, cure] : cases) {
    br::HttpResponse response;
    response.failure = br::Failure::tls;
    response.failure_text = said;
    const br::Error error = br::read_http_error("openai", "asking", response);
    assert_true(error.blocking);
    assert_non_null(strstr(error.hint.c_str(), cure));
  }
}

void a_missing_bucket_blocks(void**) {
  assert_true(
      br::read_http_error("vertex", "listing", answer_of(404, R"({"error":{"message":"The specified bucket does not exist."}})"))
          .blocking);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_full_queue_is_known_by_any_words),
      cmocka_unit_test(a_code_in_a_list_of_errors_is_read),
      cmocka_unit_test(a_missing_object_is_no_missing_bucket),
      cmocka_unit_test(a_full_queue_at_create_did_nothing_and_is_waited_for),
      cmocka_unit_test(what_is_not_the_vendors_blocks_upload_and_create),
      cmocka_unit_test(what_the_vendor_says_of_the_request_stays_a_refusal),
      cmocka_unit_test(a_web_page_for_an_upload_blocks_and_for_a_create_proves_nothing),
      cmocka_unit_test(a_full_storage_blocks_as_a_quota),
      cmocka_unit_test(a_redirect_blocks_and_shows_where_it_points_without_its_query),
      cmocka_unit_test(what_stands_on_the_way_blocks_and_what_is_away_is_tried_again),
      cmocka_unit_test(a_handshake_that_fails_names_the_cure_of_its_own_reason),
      cmocka_unit_test(a_missing_bucket_blocks),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
