// What the driver itself does: a list for people, deletions nobody waits for, and an end to everything at once.
#include "core/engine/http_driver.h"

#include <string>
#include <utility>
#include <vector>

#include "support/part_room.h"

namespace {

using br::Op;
using br::test::answer_of;
using br::test::PartRoom;
using br::test::SmallApi;

struct Room : PartRoom {
  // The answer to a list, once it is there.
  std::optional<br::Result<br::Outcome>> listed;
  void list(std::int64_t limit) {
    driver.list(account(), limit, [this](br::Result<br::Outcome> outcome) { listed = std::move(outcome); });
  }
  br::HttpDriver driver{context()};
};

void list_brings_the_vendors_page(void**) {
  Room room;
  room.list(5);
  assert_false(room.listed.has_value());
  assert_string_equal(room.transport.sent.at(0).url.c_str(), "https://vendor.example/v1/batches?after=");
  room.transport.answer(answer_of(200, "batch_7"));
  assert_true(room.listed.has_value() && room.listed->ok());
  assert_string_equal((**room.listed).listed.at(0).id.c_str(), "batch_7");
  assert_true(room.is_quiet());  // the part is not concerned
}

void list_that_is_refused_tells_why(void**) {
  Room room;
  room.list(5);
  room.transport.answer(answer_of(401));
  assert_true(room.listed.has_value() && !room.listed->ok());
  assert_int_equal(room.listed->error().code, br::Code::auth);
}

void list_without_a_token_is_not_sent_and_tells_why(void**) {
  Room room;
  room.api->token_ms = 1000;
  room.list(5);
  room.transport.answer(answer_of(403));
  assert_int_equal(room.transport.sent.size(), 1);
  assert_true(room.listed.has_value() && !room.listed->ok());
}

void list_that_cannot_be_sent_tells_why(void**) {
  Room room;
  br::Account nowhere = room.account();
  nowhere.base_url = "no address";
  bool failed = false;
  room.driver.list(nowhere, 1, [&failed](const br::Result<br::Outcome>& outcome) { failed = !outcome.ok(); });
  assert_true(failed);
  assert_int_equal(room.transport.sent.size(), 0);
}

void sources_are_those_of_the_parts_batch(void**) {
  Room room;
  room.api->files = {SmallApi::file("/files/out")};
  const auto sources = room.driver.sources(room.account());
  assert_int_equal(sources.size(), 1);
  assert_string_equal(sources[0].request.url.c_str(), "https://vendor.example/v1/files/out");
}

// Whoever stops a part has it no more: an answer that comes later would be taken for that of the next attempt.
void nothing_is_under_way_after_stop(void**) {
  Room room;
  room.driver.call(Op::create, room.account());
  room.driver.call(Op::poll, room.account());
  assert_true(room.driver.is_calling(Op::create));
  room.driver.stop();
  assert_false(room.driver.is_calling(Op::create));
  assert_false(room.driver.is_calling(Op::poll));
  assert_int_equal(room.transport.active(), 0);
  assert_true(room.is_quiet());
}

void driver_that_goes_hears_no_answer(void**) {
  PartRoom room;
  {
    br::HttpDriver driver(room.context());
    driver.call(Op::poll, room.account());
  }
  if (room.transport.active() > 0) room.transport.answer(answer_of(200, "batch_1"));
  assert_true(room.is_quiet());
}

// One that is gone already is as good as deleted.
void file_is_deleted_and_a_refusal_is_told(void**) {
  for (const int status : {200, 404, 500}) {
    Room room;
    room.api->deletes = true;
    int refused = 0;
    room.driver.delete_file(room.account(), "file-1", [&](const br::Error& error) {
      assert_int_equal(error.http_status, status);
      ++refused;
    });
    assert_int_equal(room.transport.sent.size(), 1);
    assert_string_equal(room.transport.sent[0].method.c_str(), "DELETE");
    assert_string_equal(room.transport.sent[0].url.c_str(), "https://vendor.example/v1/files/file-1");
    assert_int_equal(room.http.aside_under_way(), 1);
    room.transport.answer(answer_of(status));
    assert_int_equal(room.http.aside_under_way(), 0);
    assert_int_equal(refused, status == 500 ? 1 : 0);
    assert_true(room.is_quiet());
  }
}

void file_of_a_vendor_that_keeps_none_is_not_deleted(void**) {
  Room room;
  room.driver.delete_file(room.account(), "file-1", [](const br::Error&) { fail_msg("%s", "there was nothing to refuse"); });
  assert_int_equal(room.transport.sent.size(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(list_brings_the_vendors_page),
      cmocka_unit_test(list_that_is_refused_tells_why),
      cmocka_unit_test(list_without_a_token_is_not_sent_and_tells_why),
      cmocka_unit_test(list_that_cannot_be_sent_tells_why),
      cmocka_unit_test(sources_are_those_of_the_parts_batch),
      cmocka_unit_test(nothing_is_under_way_after_stop),
      cmocka_unit_test(driver_that_goes_hears_no_answer),
      cmocka_unit_test(file_is_deleted_and_a_refusal_is_told),
      cmocka_unit_test(file_of_a_vendor_that_keeps_none_is_not_deleted),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
