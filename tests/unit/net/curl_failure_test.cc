// Whether an exchange that failed may have reached the vendor: a create call that is taken for unsent is paid for twice.
#include "net/curl_failure.h"

#include <string>

#include "support/cmocka.h"
#include "support/loopback_server.h"

namespace {

using br::Failure;

struct Room {
  Room() {
    exchange.easy.reset(curl_easy_init());
    exchange.request.url = "https://vendor.example:8443/v1";
    if (exchange.easy == nullptr) fail_msg("no handle");
  }
  Failure failure(CURLcode code) const { return br::failure_of(exchange, code); }
  std::string text(CURLcode code) const { return br::failure_text(exchange, code); }
  void say(const std::string& detail) { detail.copy(exchange.detail.data(), CURL_ERROR_SIZE - 1); }
  br::Exchange exchange;
};

// The request went out, and the server hung up without an answer.
struct SentRoom : Room {
  SentRoom() {
    CURL* const easy = exchange.easy.get();
    curl_easy_setopt(easy, CURLOPT_URL, server.url().c_str());
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    code = curl_easy_perform(easy);
    if (code == CURLE_OK) fail_msg("there was an answer");
  }
  br::test::LoopbackServer server{[](const std::string&) { return std::string(); }};
  CURLcode code = CURLE_OK;
};

void answer_is_no_failure(void**) {
  const Room room;
  assert_true(room.failure(CURLE_OK) == Failure::none);
}

void connection_that_was_never_made_sent_nothing(void**) {
  const Room room;
  for (const CURLcode code : {CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_PROXY,
                              CURLE_OPERATION_TIMEDOUT, CURLE_SEND_ERROR})
    assert_true(room.failure(code) == Failure::not_connected);
}

// What the server did with a request that went out is not known, whatever ended the connection.
void request_that_went_out_is_broken(void**) {
  const SentRoom room;
  for (const CURLcode code : {room.code, CURLE_OPERATION_TIMEDOUT, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING,
                              CURLE_PARTIAL_FILE, CURLE_HTTP2, CURLE_OUT_OF_MEMORY})
    assert_true(room.failure(code) == Failure::broken);
}

void exchange_that_was_too_slow_is_not_a_file_that_cannot_be_read(void**) {
  SentRoom room;
  assert_true(room.failure(CURLE_ABORTED_BY_CALLBACK) == Failure::local);
  room.exchange.too_slow = true;
  assert_true(room.failure(CURLE_ABORTED_BY_CALLBACK) == Failure::broken);
  assert_true(room.text(CURLE_ABORTED_BY_CALLBACK).find("http.stall_timeout_ms") != std::string::npos);
}

void certificate_that_is_not_accepted_is_no_lost_connection(void**) {
  Room room;
  for (const CURLcode code : {CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
                              CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED})
    assert_true(room.failure(code) == Failure::tls);
  // A handshake that was cut can be tried again, one that was refused cannot.
  assert_true(room.failure(CURLE_SSL_CONNECT_ERROR) == Failure::not_connected);
  room.say("OpenSSL/3: error:0A00042E:SSL routines::tlsv1 alert protocol version");
  assert_true(room.failure(CURLE_SSL_CONNECT_ERROR) == Failure::tls);
}

void what_we_could_not_read_or_write_is_local(void**) {
  Room room;
  for (const CURLcode code : {CURLE_READ_ERROR, CURLE_FILE_COULDNT_READ_FILE, CURLE_ABORTED_BY_CALLBACK}) {
    assert_true(room.failure(code) == Failure::local);
    assert_string_equal(room.text(code).c_str(), "the request file could not be read");
  }
  room.exchange.sink_refused = true;
  assert_true(room.failure(CURLE_WRITE_ERROR) == Failure::local);
  assert_string_equal(room.text(CURLE_WRITE_ERROR).c_str(), "the answer could not be written");
}

void answer_that_is_too_large_is_told_as_such(void**) {
  Room room;
  room.exchange.too_large = true;
  assert_true(room.failure(CURLE_WRITE_ERROR) == Failure::too_large);
  assert_true(room.text(CURLE_WRITE_ERROR).starts_with("vendor.example:8443: "));
}

void text_says_whom_it_wanted_to_reach_and_why_not(void**) {
  Room room;
  assert_true(room.text(CURLE_COULDNT_RESOLVE_HOST).starts_with("vendor.example:8443: the name of the host is unknown"));
  assert_string_equal(room.text(CURLE_COULDNT_CONNECT).c_str(), "vendor.example:8443: connection refused");
  room.say("Failed to connect to proxy.example port 3128 after 2 ms: Couldn't connect to server");
  assert_string_equal(room.text(CURLE_COULDNT_CONNECT).c_str(),
                      "vendor.example:8443: through the proxy proxy.example:3128: connection refused");
}

void timeout_says_whether_a_connection_was_made(void**) {
  const Room before;
  assert_true(before.text(CURLE_OPERATION_TIMEDOUT).ends_with("no connection was made"));
  SentRoom after;
  after.exchange.detail = {};
  assert_true(after.text(CURLE_OPERATION_TIMEDOUT).ends_with("no whole answer within http.call_timeout_ms"));
}

// Where the request went out it is no matter of descriptors, and must not be begun again.
void exchange_that_was_sent_did_not_fail_for_descriptors(void**) {
  const SentRoom room;
  assert_false(br::failed_for_descriptors(room.exchange, room.code));
  assert_false(br::failed_for_descriptors(Room().exchange, CURLE_OK));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(answer_is_no_failure),
      cmocka_unit_test(connection_that_was_never_made_sent_nothing),
      cmocka_unit_test(request_that_went_out_is_broken),
      cmocka_unit_test(exchange_that_was_too_slow_is_not_a_file_that_cannot_be_read),
      cmocka_unit_test(certificate_that_is_not_accepted_is_no_lost_connection),
      cmocka_unit_test(what_we_could_not_read_or_write_is_local),
      cmocka_unit_test(answer_that_is_too_large_is_told_as_such),
      cmocka_unit_test(text_says_whom_it_wanted_to_reach_and_why_not),
      cmocka_unit_test(timeout_says_whether_a_connection_was_made),
      cmocka_unit_test(exchange_that_was_sent_did_not_fail_for_descriptors),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
