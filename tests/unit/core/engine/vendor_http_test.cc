// Keys and tokens go where they belong and nowhere else, and one token serves all who wait for it.
#include "core/engine/vendor_http.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "support/part_room.h"

namespace {

using br::Code;
using br::test::answer_of;
using br::test::header_of;
using br::test::PartRoom;

constexpr std::int64_t kHourMs = 3'600'000;

// What with_token() gave.
struct Given {
  std::string token;
  std::optional<br::Error> error;
};

struct Room : PartRoom {
  br::VendorHttp::TokenFn note() {
    return [this](const br::Account& with, const br::Error* error) {
      given.push_back({with.token, error == nullptr ? std::nullopt : std::optional<br::Error>(*error)});
      last = with;
    };
  }
  void ask() { http.with_token(provider, account(), note()); }
  // A token that the vendor gave and that lasts.
  br::Account with_token(const char* token) {
    ask();
    transport.answer(answer_of(200, token));
    return last;
  }
  br::Error judged(const br::Account& by, int status, const char* body = "") {
    br::Error error = br::read_http_error("openai", "calling", answer_of(status, body));
    http.token_judged(by, &error);
    return error;
  }
  br::Result<std::uint64_t> send(br::HttpRequest request) {
    return http.send(provider, account(), std::move(request), nullptr, [](const br::HttpResponse&) {});
  }
  static br::HttpRequest to(const char* url) {
    br::HttpRequest request;
    request.url = url;
    request.add_secret_header("authorization", "the key");
    request.headers.push_back({"accept", "all"});
    return request;
  }
  std::vector<Given> given;
  br::Account last;
};

void vendor_without_tokens_is_called_with_the_key_at_once(void**) {
  Room room;
  room.ask();
  assert_int_equal(room.given.size(), 1);
  assert_string_equal(room.given[0].token.c_str(), "");
  assert_int_equal(room.transport.sent.size(), 0);
}

void token_is_asked_for_once_for_all_who_wait(void**) {
  Room room;
  room.api->token_ms = kHourMs;
  for (int i = 0; i < 3; ++i) room.ask();
  assert_int_equal(room.transport.sent.size(), 1);
  assert_int_equal(room.given.size(), 0);
  room.transport.answer(answer_of(200, "token 1"));
  assert_int_equal(room.given.size(), 3);
  for (const Given& each : room.given) assert_string_equal(each.token.c_str(), "token 1");
  room.ask();
  assert_string_equal(room.given[3].token.c_str(), "token 1");
  assert_int_equal(room.transport.sent.size(), 1);
}

void token_is_renewed_before_it_expires(void**) {
  Room room;
  room.api->token_ms = kHourMs;
  (void)room.with_token("token 1");
  room.clock.advance(kHourMs - 300'001);
  room.ask();
  assert_int_equal(room.transport.sent.size(), 1);
  room.clock.advance(1);
  room.ask();
  assert_int_equal(room.transport.sent.size(), 2);
  room.transport.answer(answer_of(200, "token 2"));
  assert_string_equal(room.given.back().token.c_str(), "token 2");
}

void token_that_is_not_given_is_told_to_all_and_asked_for_again(void**) {
  Room room;
  room.api->token_ms = kHourMs;
  room.ask();
  room.ask();
  room.transport.answer(answer_of(401));
  assert_int_equal(room.given.size(), 2);
  for (const Given& each : room.given) assert_true(each.error && each.error->code == Code::auth);
  room.ask();
  assert_int_equal(room.transport.sent.size(), 2);
  room.transport.answer(answer_of(200, "token 1"));
  assert_false(room.given.back().error.has_value());
  assert_string_equal(room.given.back().token.c_str(), "token 1");
}

void token_that_cannot_be_asked_for_is_told_and_asked_for_again(void**) {
  Room room;
  room.api->token_ms = kHourMs;
  br::Account nowhere = room.account();
  nowhere.base_url = "no address";
  room.http.with_token(room.provider, nowhere, room.note());
  room.http.with_token(room.provider, nowhere, room.note());
  assert_int_equal(room.given.size(), 2);
  assert_true(room.given[1].error.has_value());
  assert_int_equal(room.transport.sent.size(), 0);
}

void token_of_one_key_is_not_that_of_another(void**) {
  Room room;
  room.api->token_ms = kHourMs;
  (void)room.with_token("token 1");
  br::Account team = room.account();
  team.slot = "team";
  br::Account elsewhere = room.account();
  elsewhere.base_url = "https://other.example/v1";
  for (const br::Account& other : {team, elsewhere}) {
    room.http.with_token(room.provider, other, room.note());
    room.transport.answer(answer_of(200, "token of another"));
    assert_string_equal(room.given.back().token.c_str(), "token of another");
  }
  room.ask();
  assert_string_equal(room.given.back().token.c_str(), "token 1");
}

// It was revoked, or expired early: that is no word about the key.
void proven_token_that_is_refused_is_asked_for_again(void**) {
  Room room;
  room.api->token_ms = kHourMs;
  const br::Account with = room.with_token("token 1");
  (void)room.judged(with, 404);  // it was let in
  const br::Error error = room.judged(with, 401);
  assert_true(error.transient && error.code == Code::network);
  room.ask();
  assert_int_equal(room.transport.sent.size(), 2);
}

// Asked for again without end otherwise: the account may not do that.
void new_token_that_is_refused_is_an_error_of_the_account(void**) {
  Room room;
  room.api->token_ms = kHourMs;
  const br::Account first = room.with_token("token 1");
  (void)room.judged(first, 404);
  (void)room.judged(first, 401);
  const br::Error error = room.judged(room.with_token("token 2"), 401);
  assert_true(error.code == Code::auth);
  assert_false(error.transient);
  room.ask();
  assert_int_equal(room.transport.sent.size(), 3);
}

void refused_key_is_no_word_about_a_token(void**) {
  Room room;
  const br::Error error = room.judged(room.account(), 401);
  assert_true(error.code == Code::auth);
  assert_false(error.transient);
}

void secrets_of_the_account_are_known_to_the_transport(void**) {
  Room room;
  room.api->token_ms = kHourMs;
  const br::Account with = room.with_token("token 1");
  assert_true(
      room.http
          .send(room.provider, with, Room::to("https://vendor.example/v1/x"), nullptr, [](const br::HttpResponse&) {})
          .ok());
  for (const br::HttpRequest& request : room.transport.sent)
    assert_int_equal(std::count(request.secrets.begin(), request.secrets.end(), "the key"), 1);
  const auto& secrets = room.transport.sent.back().secrets;
  assert_int_equal(std::count(secrets.begin(), secrets.end(), "token 1"), 1);
}

void call_to_the_accounts_own_address_is_signed(void**) {
  Room room;
  assert_true(room.send(Room::to("https://vendor.example/v1/x")).ok());
  assert_string_equal(header_of(room.transport.sent[0], "signature").c_str(), "signed");
  assert_string_equal(header_of(room.transport.sent[0], "authorization").c_str(), "the key");
}

// Results may lie in a storage of somebody else's.
void foreign_host_gets_neither_key_nor_signature(void**) {
  Room room;
  for (const char* url : {"https://storage.example/v1/x", "https://vendor.example:8443/v1/x",
                          "https://vendor.example.evil.example/v1/x"}) {
    assert_true(room.send(Room::to(url)).ok());
    const br::HttpRequest& sent = room.transport.sent.back();
    assert_string_equal(header_of(sent, "authorization").c_str(), "");
    assert_string_equal(header_of(sent, "signature").c_str(), "");
    assert_string_equal(header_of(sent, "accept").c_str(), "all");
    assert_int_equal(std::count(sent.secrets.begin(), sent.secrets.end(), "the key"), 1);
  }
}

void nothing_is_sent_over_a_readable_connection(void**) {
  Room room;
  for (const char* url : {"http://storage.example/x", "http://vendor.example/v1/x", "vendor.example"})
    assert_false(room.send(Room::to(url)).ok());
  assert_int_equal(room.transport.sent.size(), 0);
}

void aborted_call_is_none_afterwards(void**) {
  Room room;
  std::uint64_t call = *room.send(Room::to("https://vendor.example/v1/x"));
  room.http.abort(&call);
  assert_int_equal(call, 0);
  assert_int_equal(room.transport.active(), 0);
  room.http.abort(&call);
}

void calls_aside_are_counted_until_they_end(void**) {
  Room room;
  int ended = 0;
  const auto end = [&](const br::HttpResponse&) { ++ended; };
  room.http.send_aside(room.provider, room.account(), Room::to("https://vendor.example/v1/x"), end);
  room.http.send_aside(room.provider, room.account(), Room::to("http://vendor.example/v1/x"), end);  // is not sent
  assert_int_equal(room.http.aside_under_way(), 1);
  room.transport.answer(answer_of(500));
  assert_int_equal(room.http.aside_under_way(), 0);
  assert_int_equal(ended, 1);
}

// Keys and signatures stand in queries.
void trace_has_no_query_and_no_key(void**) {
  Room room;
  br::EngineParts parts = room.core.parts;
  parts.traces = true;
  br::VendorHttp http(&parts);
  assert_true(http.send(room.provider, room.account(), Room::to("https://vendor.example/v1/x?sig=the-key"), nullptr,
                        [](const br::HttpResponse&) {})
                  .ok());
  room.clock.advance(25);
  room.transport.answer(answer_of(200, "four"));
  assert_int_equal(room.listener.traces.size(), 1);
  assert_string_equal(room.listener.traces[0].c_str(), "GET https://vendor.example/v1/x: 200, 4 bytes, 25 ms");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(vendor_without_tokens_is_called_with_the_key_at_once),
      cmocka_unit_test(token_is_asked_for_once_for_all_who_wait),
      cmocka_unit_test(token_is_renewed_before_it_expires),
      cmocka_unit_test(token_that_is_not_given_is_told_to_all_and_asked_for_again),
      cmocka_unit_test(token_that_cannot_be_asked_for_is_told_and_asked_for_again),
      cmocka_unit_test(token_of_one_key_is_not_that_of_another),
      cmocka_unit_test(proven_token_that_is_refused_is_asked_for_again),
      cmocka_unit_test(new_token_that_is_refused_is_an_error_of_the_account),
      cmocka_unit_test(refused_key_is_no_word_about_a_token),
      cmocka_unit_test(secrets_of_the_account_are_known_to_the_transport),
      cmocka_unit_test(call_to_the_accounts_own_address_is_signed),
      cmocka_unit_test(foreign_host_gets_neither_key_nor_signature),
      cmocka_unit_test(nothing_is_sent_over_a_readable_connection),
      cmocka_unit_test(aborted_call_is_none_afterwards),
      cmocka_unit_test(calls_aside_are_counted_until_they_end),
      cmocka_unit_test(trace_has_no_query_and_no_key),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
