// One call of each operation at a time, and an answer goes to whoever still waits for it: what is paid is sent once.
#include "core/engine/http_calls.h"

#include <string>
#include <vector>

#include "core/engine/http_driver.h"
#include "support/part_room.h"

namespace {

using br::Code;
using br::EventKind;
using br::Op;
using br::test::answer_of;
using br::test::PartRoom;

struct Room : PartRoom {
  explicit Room(int parts = 1) : PartRoom(parts) {
    for (int i = 0; i < parts; ++i) calls.push_back(std::make_shared<br::HttpCalls>(context(i)));
  }
  void call(Op op, int index = 0) { calls.at(static_cast<std::size_t>(index))->call(op, account()); }
  // Parts that an earlier process planned look for their batch before they are sent.
  void search(int index) {
    part(index).track.search.before_create = true;
    call(Op::list, index);
  }
  std::vector<std::shared_ptr<br::HttpCalls>> calls;
};

void answer_is_the_outcome_of_its_operation(void**) {
  Room room;
  room.call(Op::create);
  assert_true(room.calls[0]->is_calling(Op::create));
  assert_false(room.calls[0]->is_calling(Op::poll));
  room.transport.answer(answer_of(200, "batch_9", {{"date", "Mon, 30 Nov 2026 22:00:00 GMT"}}));
  assert_false(room.calls[0]->is_calling(Op::create));
  const br::Event event = room.event();
  assert_true(event.kind == EventKind::done && event.op == Op::create);
  assert_string_equal(event.outcome.status->id.c_str(), "batch_9");
  assert_true(event.outcome.vendor_now_ms == 1'796'076'000'000);
}

void operations_do_not_wait_for_each_other(void**) {
  Room room;
  room.call(Op::poll);
  room.call(Op::cancel);
  assert_int_equal(room.transport.active(), 2);
  room.transport.answer(answer_of(200, "batch_1"));
  assert_false(room.calls[0]->is_calling(Op::poll));
  assert_true(room.calls[0]->is_calling(Op::cancel));
}

// Whether the vendor carried it out decides whether it is paid for twice.
void call_that_was_sent_may_have_been_carried_out(void**) {
  Room room;
  room.call(Op::create);
  br::HttpResponse lost;
  lost.failure = br::Failure::broken;
  room.transport.answer(std::move(lost));
  const br::Event event = room.event();
  assert_true(event.kind == EventKind::failed && event.op == Op::create);
  assert_false(event.error.not_executed);
}

void call_that_was_not_sent_was_not_carried_out(void**) {
  Room room;
  br::Account nowhere = room.account();
  nowhere.base_url = "no address";
  room.calls[0]->call(Op::create, nowhere);
  assert_int_equal(room.transport.sent.size(), 0);
  assert_false(room.calls[0]->is_calling(Op::create));
  const br::Event event = room.event();
  assert_true(event.kind == EventKind::failed && event.error.not_executed);
}

void request_file_of_another_length_is_not_sent(void**) {
  for (const Op op : {Op::upload, Op::create}) {
    for (const char* text : {"request", "requests\nrequests\n"}) {
      Room room;
      room.write(room.batch().request_path, text);
      room.call(op);
      assert_int_equal(room.transport.sent.size(), 0);
      const br::Event event = room.event();
      assert_true(event.kind == EventKind::failed && event.error.code == Code::store);
      assert_true(event.error.blocking && event.error.not_executed);
      assert_true(event.error.message.find(room.batch().request_path) != std::string::npos);
      assert_true(event.error.message.find("of 9") != std::string::npos);
    }
  }
}

void request_file_that_is_gone_is_not_sent(void**) {
  Room room;
  room.files.remove_file(room.batch().request_path);
  room.call(Op::upload);
  assert_int_equal(room.transport.sent.size(), 0);
  assert_true(room.event().error.blocking);
}

// The vendor has it already: what became of the file here does not matter.
void request_file_that_was_uploaded_is_not_looked_at(void**) {
  Room room;
  room.batch().input_file_id = "file-1";
  room.files.remove_file(room.batch().request_path);
  room.call(Op::create);
  assert_int_equal(room.transport.sent.size(), 1);
}

void requests_travel_with_the_call_where_the_vendor_wants_them(void**) {
  Room room;
  room.call(Op::create);
  assert_string_equal(room.transport.sent[0].body.c_str(), "");
  room.api->takes_lines = true;
  room.calls[0]->stop();
  room.call(Op::create);
  assert_string_equal(room.transport.sent[1].body.c_str(), "requests\n");
}

void answer_to_a_stopped_call_is_nobodys(void**) {
  Room room;
  room.call(Op::poll);
  room.calls[0]->stop();
  assert_false(room.calls[0]->is_calling(Op::poll));
  assert_int_equal(room.transport.active(), 0);
  assert_true(room.is_quiet());
}

void call_that_is_stopped_while_its_token_comes_is_not_sent(void**) {
  Room room;
  room.api->token_ms = 3'600'000;
  room.call(Op::create);
  room.calls[0]->stop();
  room.transport.answer(answer_of(200, "token"));
  assert_int_equal(room.transport.sent.size(), 1);
  assert_true(room.is_quiet());
}

// It waits twice for one token.
void call_that_is_stopped_and_begun_again_is_sent_once(void**) {
  Room room;
  room.api->token_ms = 3'600'000;
  room.call(Op::create);
  room.calls[0]->stop();
  room.call(Op::create);
  room.transport.answer(answer_of(200, "token"));
  assert_int_equal(room.transport.active(), 1);
  assert_int_equal(room.transport.sent.size(), 2);
  assert_string_equal(room.transport.sent[1].url.c_str(), "https://vendor.example/v1/batches");
}

void calls_of_a_part_that_is_gone_come_to_nothing(void**) {
  Room room;
  room.call(Op::create);
  room.calls.clear();
  room.transport.answer(answer_of(200, "batch_9"));
  assert_true(room.is_quiet());
}

void token_that_is_not_given_fails_the_call_unsent(void**) {
  Room room;
  room.api->token_ms = 3'600'000;
  room.call(Op::create);
  room.transport.answer(answer_of(401));
  const br::Event event = room.event();
  assert_true(event.kind == EventKind::failed && event.error.code == Code::auth && event.error.not_executed);
}

// The answer under way may be older than the question.
void poll_that_is_wanted_during_a_poll_follows_it(void**) {
  Room room;
  assert_false(room.calls[0]->poll_again());
  room.call(Op::poll);
  assert_true(room.calls[0]->poll_again());
  room.transport.answer(answer_of(200, "batch_1"));
  const auto events = room.events();
  assert_int_equal(events.size(), 2);
  assert_true(events[0].kind == EventKind::done);
  assert_true(events[1].kind == EventKind::refresh);
  room.call(Op::poll);
  room.transport.answer(answer_of(200, "batch_1"));
  assert_true(room.event().kind == EventKind::done);
}

void poll_that_is_wanted_during_one_that_fails_follows_it(void**) {
  Room room;
  room.call(Op::poll);
  assert_true(room.calls[0]->poll_again());
  room.transport.answer(answer_of(503));
  const auto events = room.events();
  assert_int_equal(events.size(), 2);
  assert_true(events[0].kind == EventKind::failed);
  assert_true(events[1].kind == EventKind::refresh);
}

void parts_that_search_share_one_list(void**) {
  Room room(3);
  for (int i = 0; i < 3; ++i) room.search(i);
  assert_int_equal(room.transport.sent.size(), 1);
  room.transport.answer(answer_of(200, "batch_9"));
  const auto events = room.events();
  assert_int_equal(events.size(), 3);
  for (const br::Event& event : events) {
    assert_true(event.kind == EventKind::done && event.op == Op::list);
    assert_string_equal(event.outcome.listed.at(0).id.c_str(), "batch_9");
  }
  for (const auto& calls : room.calls) assert_false(calls->is_calling(Op::list));
}

void list_that_is_known_already_answers_a_later_search(void**) {
  Room room(2);
  room.search(0);
  room.transport.answer(answer_of(200, "batch_9"));
  (void)room.event();
  room.search(1);
  assert_int_equal(room.transport.sent.size(), 1);
  assert_string_equal(room.event().outcome.listed.at(0).id.c_str(), "batch_9");
}

// It may have been about one that was sent meanwhile.
void search_of_a_part_that_was_sent_asks_for_itself(void**) {
  Room room(2);
  room.search(0);
  room.call(Op::list, 1);
  assert_int_equal(room.transport.sent.size(), 2);
}

void search_that_did_not_get_through_asks_for_itself(void**) {
  Room room(2);
  room.search(0);
  room.transport.answer(answer_of(200, "batch_9"));
  (void)room.event();
  room.part(1).track.failures = 1;
  room.search(1);
  assert_int_equal(room.transport.sent.size(), 2);
}

void accounts_do_not_share_what_they_are_shown(void**) {
  Room room(2);
  room.search(0);
  br::Account other = room.account();
  other.api_key = "another key";
  room.part(1).track.search.before_create = true;
  room.calls[1]->call(Op::list, other);
  assert_int_equal(room.transport.sent.size(), 2);
}

void who_stops_waiting_leaves_the_list_to_the_others(void**) {
  Room room(3);
  for (int i = 0; i < 3; ++i) room.search(i);
  room.calls[0]->stop();  // who asked
  room.calls[1]->stop();
  assert_int_equal(room.transport.active(), 1);
  room.transport.answer(answer_of(200, "batch_9"));
  assert_true(room.event().kind == EventKind::done);
}

void list_that_fails_fails_all_who_wait(void**) {
  Room room(2);
  for (int i = 0; i < 2; ++i) room.search(i);
  room.transport.answer(answer_of(503));
  const auto events = room.events();
  assert_int_equal(events.size(), 2);
  for (const br::Event& event : events) assert_true(event.kind == EventKind::failed);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(answer_is_the_outcome_of_its_operation),
      cmocka_unit_test(operations_do_not_wait_for_each_other),
      cmocka_unit_test(call_that_was_sent_may_have_been_carried_out),
      cmocka_unit_test(call_that_was_not_sent_was_not_carried_out),
      cmocka_unit_test(request_file_of_another_length_is_not_sent),
      cmocka_unit_test(request_file_that_is_gone_is_not_sent),
      cmocka_unit_test(request_file_that_was_uploaded_is_not_looked_at),
      cmocka_unit_test(requests_travel_with_the_call_where_the_vendor_wants_them),
      cmocka_unit_test(answer_to_a_stopped_call_is_nobodys),
      cmocka_unit_test(call_that_is_stopped_while_its_token_comes_is_not_sent),
      cmocka_unit_test(call_that_is_stopped_and_begun_again_is_sent_once),
      cmocka_unit_test(calls_of_a_part_that_is_gone_come_to_nothing),
      cmocka_unit_test(token_that_is_not_given_fails_the_call_unsent),
      cmocka_unit_test(poll_that_is_wanted_during_a_poll_follows_it),
      cmocka_unit_test(poll_that_is_wanted_during_one_that_fails_follows_it),
      cmocka_unit_test(parts_that_search_share_one_list),
      cmocka_unit_test(list_that_is_known_already_answers_a_later_search),
      cmocka_unit_test(search_of_a_part_that_was_sent_asks_for_itself),
      cmocka_unit_test(search_that_did_not_get_through_asks_for_itself),
      cmocka_unit_test(accounts_do_not_share_what_they_are_shown),
      cmocka_unit_test(who_stops_waiting_leaves_the_list_to_the_others),
      cmocka_unit_test(list_that_fails_fails_all_who_wait),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
