// A download that breaks is gone on with where the server can, and rows are neither lost nor mixed where it cannot.
#include "core/engine/http_download.h"

#include <string>

#include "core/engine/http_driver.h"
#include "support/part_room.h"

namespace {

using br::Code;
using br::EventKind;
using br::Failure;
using br::test::answer_of;
using br::test::header_of;
using br::test::Headers;
using br::test::PartRoom;
using br::test::row_of;
using br::test::SmallApi;

const std::string kRows = row_of("a") + row_of("b");

br::HttpResponse broken(int status, Headers headers = {}) {
  br::HttpResponse response = answer_of(status, "", std::move(headers));
  response.failure = Failure::broken;
  response.failure_text = "the connection was lost";
  return response;
}

std::string range_from(std::size_t begin) {
  return "bytes " + std::to_string(begin) + "-" + std::to_string(kRows.size() - 1) + "/" + std::to_string(kRows.size());
}

// A part with one source, whose rows are kRows, or with pages.
struct Room : PartRoom {
  explicit Room(std::vector<br::Download> sources = {SmallApi::file("/out")}) {
    api->files = std::move(sources);
    part().driver = std::make_shared<br::HttpDriver>(context());
  }
  void start() { part().fetch->start(); }
  const br::HttpRequest& last() const { return transport.sent.back(); }
  // The source comes as far as `length` and breaks off.
  void break_after(std::size_t length, Headers headers = {{"etag", "\"one\""}}) {
    const br::HttpResponse head = answer_of(200, "", headers);
    assert_true(transport.bring(head, std::string_view(kRows).substr(0, length)));
    transport.answer(broken(200, std::move(headers)));
  }
  // It comes whole in one piece, whatever was here.
  void whole(const std::string& bytes = kRows, Headers headers = {}) {
    const br::HttpResponse head = answer_of(200, "", std::move(headers));
    assert_true(transport.bring(head, bytes));
    transport.answer(head);
  }
  br::CollectReport collected() {
    br::Event last_event = event();
    if (last_event.kind != EventKind::collected) fail_msg("no collected event: %s", last_event.error.message.c_str());
    return std::move(last_event.report);
  }
  br::Error failed() {
    br::Event last_event = event();
    assert_true(last_event.kind == EventKind::fetch_failed);
    return std::move(last_event.error);
  }
};

void whole_source_is_brought_and_read(void**) {
  Room room;
  room.start();
  assert_int_equal(room.transport.sent.size(), 1);
  assert_true(room.last().bulk);
  assert_string_equal(header_of(room.last(), "Range").c_str(), "");
  room.whole();
  assert_int_equal(room.collected().rows, 2);
  assert_string_equal(room.output().c_str(), kRows.c_str());
}

void source_that_is_under_way_is_not_asked_for_twice(void**) {
  Room room;
  room.start();
  room.start();
  assert_int_equal(room.transport.sent.size(), 1);
}

void broken_source_goes_on_with_the_bytes_that_are_missing(void**) {
  Room room;
  room.start();
  room.break_after(10);
  const br::Event event = room.event();
  assert_true(event.kind == EventKind::fetch_failed);
  assert_int_equal(event.bytes, 10);
  room.start();
  assert_string_equal(header_of(room.last(), "Range").c_str(), "bytes=10-");
  assert_string_equal(header_of(room.last(), "If-Range").c_str(), "\"one\"");
  const auto head = answer_of(206, "", {{"etag", "\"one\""}, {"content-range", range_from(10)}});
  assert_true(room.transport.bring(head, std::string_view(kRows).substr(10)));
  room.transport.answer(head);
  assert_int_equal(room.collected().rows, 2);
  assert_string_equal(room.output().c_str(), kRows.c_str());
}

// A weak etag does not say that the bytes are the same.
void server_that_cannot_go_on_is_asked_for_all_of_it(void**) {
  for (const Headers& headers :
       {Headers{}, Headers{{"etag", "W/\"one\""}}, Headers{{"etag", "\"one\""}, {"accept-ranges", "none"}}}) {
    Room room;
    room.start();
    room.break_after(10, headers);
    (void)room.failed();
    room.start();
    assert_string_equal(header_of(room.last(), "Range").c_str(), "");
    room.whole();
    assert_int_equal(room.collected().rows, 2);
    assert_string_equal(room.output().c_str(), kRows.c_str());
  }
}

// 200: the server's file is another one by now, or it never heard of ranges.
void whole_answer_to_a_range_begins_anew(void**) {
  Room room;
  room.start();
  room.break_after(10);
  (void)room.failed();
  room.start();
  room.whole(kRows, {{"etag", "\"two\""}});
  assert_int_equal(room.collected().rows, 2);
  assert_string_equal(room.output().c_str(), kRows.c_str());
}

// Asked for a range, answered with one that is not to be used: nothing of it is kept, and the next try asks for all.
void expect_no_range_after(const br::HttpResponse& head, bool has_bytes) {
  Room room;
  room.start();
  room.break_after(10);
  (void)room.failed();
  room.start();
  if (has_bytes) assert_false(room.transport.bring(head, "bytes of something else"));
  br::HttpResponse end = head;
  if (has_bytes) end.failure = Failure::local;  // the sink did not want them
  room.transport.answer(std::move(end));
  const br::Error error = room.failed();
  assert_true(error.code == Code::network);
  assert_true(error.message.find("another range") != std::string::npos);
  assert_string_equal(room.output().c_str(), kRows.substr(0, 10).c_str());
  room.start();
  assert_string_equal(header_of(room.last(), "Range").c_str(), "");
  room.whole();
  assert_int_equal(room.collected().rows, 2);
  assert_string_equal(room.output().c_str(), kRows.c_str());
}

void rest_of_another_file_is_not_put_behind_the_beginning(void**) {
  expect_no_range_after(answer_of(206, "", {{"etag", "\"two\""}, {"content-range", range_from(10)}}), true);
}

void range_that_begins_elsewhere_is_not_used(void**) {
  expect_no_range_after(answer_of(206, "", {{"etag", "\"one\""}, {"content-range", range_from(12)}}), true);
  expect_no_range_after(answer_of(206, "", {{"etag", "\"one\""}}), true);
}

void range_that_the_server_does_not_have_begins_anew(void**) { expect_no_range_after(answer_of(416), false); }

void piece_that_was_not_asked_for_is_not_used(void**) {
  Room room;
  room.start();
  assert_false(room.transport.bring(answer_of(206, "", {{"content-range", range_from(0)}}), kRows));
}

// A cache may give the rest of a file piece by piece.
void piece_of_the_rest_is_followed_by_the_next(void**) {
  Room room;
  room.start();
  room.break_after(10);
  (void)room.failed();
  room.start();
  const std::string total = "/" + std::to_string(kRows.size());
  const auto piece = answer_of(206, "", {{"etag", "\"one\""}, {"content-range", "bytes 10-19" + total}});
  assert_true(room.transport.bring(piece, std::string_view(kRows).substr(10, 10)));
  room.transport.answer(piece);
  assert_true(room.is_quiet());
  assert_string_equal(header_of(room.last(), "Range").c_str(), "bytes=20-");
  const auto rest = answer_of(206, "", {{"etag", "\"one\""}, {"content-range", range_from(20)}});
  assert_true(room.transport.bring(rest, std::string_view(kRows).substr(20)));
  room.transport.answer(rest);
  assert_int_equal(room.collected().rows, 2);
  assert_string_equal(room.output().c_str(), kRows.c_str());
}

void file_that_is_gone_refuses_this_source_only(void**) {
  for (const br::HttpResponse& gone :
       {answer_of(404), answer_of(410),
        answer_of(400, R"({"error":{"message":"expired","code":"file_expired","type":"invalid_request_error"}})"),
        answer_of(400, R"({"detail":"the file is over"})")}) {
    Room room({SmallApi::file("/errors"), SmallApi::file("/out")});
    room.start();
    room.transport.answer(gone);
    assert_string_equal(room.last().url.c_str(), "https://vendor.example/v1/out");
    room.whole();
    const br::CollectReport report = room.collected();
    assert_int_equal(report.rows, 2);
    assert_true(report.refused.has_value());
    assert_int_equal(report.refused->http_status, gone.status);
  }
}

void server_in_trouble_or_a_wrong_key_says_nothing_about_the_file(void**) {
  for (const br::HttpResponse& trouble : {answer_of(500), answer_of(429), answer_of(401), answer_of(400, "<html>no")}) {
    Room room({SmallApi::file("/errors"), SmallApi::file("/out")});
    room.start();
    room.transport.answer(trouble);
    assert_int_equal(room.failed().http_status, trouble.status);
    assert_int_equal(room.transport.sent.size(), 1);
    room.start();
    assert_string_equal(room.last().url.c_str(), "https://vendor.example/v1/errors");
  }
}

void disk_that_is_full_is_told_once(void**) {
  Room room;
  room.start();
  room.disk.inject({br::test::FileCall::append, "output", ENOSPC});
  assert_false(room.transport.bring(answer_of(200), kRows));
  br::HttpResponse aborted = answer_of(200);
  aborted.failure = Failure::local;
  room.transport.answer(std::move(aborted));
  const br::Error error = room.failed();
  assert_true(error.message.find("output") != std::string::npos);
  room.start();
  room.whole();
  assert_int_equal(room.collected().rows, 2);
  assert_string_equal(room.output().c_str(), kRows.c_str());
}

void stopped_download_is_heard_of_no_more(void**) {
  Room room;
  room.start();
  room.part().driver->stop_bringing();
  assert_int_equal(room.transport.active(), 0);
  assert_true(room.is_quiet());
  room.start();
  room.whole();
  assert_int_equal(room.collected().rows, 2);
}

void pages_are_brought_until_one_names_no_other(void**) {
  Room room({SmallApi::file("/page", true)});
  room.start();
  room.transport.answer(answer_of(200, row_of("a") + "next"));
  room.transport.answer(answer_of(200, "next"));
  room.transport.answer(answer_of(200, row_of("b")));
  assert_int_equal(room.transport.sent.size(), 3);
  assert_false(room.last().bulk);
  assert_int_equal(room.collected().rows, 2);
  assert_string_equal(room.output().c_str(), kRows.c_str());
}

void page_after_page_without_a_row_fails(void**) {
  Room room({SmallApi::file("/page", true)});
  room.start();
  for (int i = 0; i < 100; ++i) room.transport.answer(answer_of(200, "next"));
  assert_true(room.is_quiet());
  room.transport.answer(answer_of(200, "next"));
  assert_true(room.failed().code == Code::protocol);
  assert_int_equal(room.transport.active(), 0);
}

// A row begins the count again.
void pages_with_rows_between_empty_ones_do_not_fail(void**) {
  Room room({SmallApi::file("/page", true)});
  room.start();
  for (int i = 0; i < 60; ++i) room.transport.answer(answer_of(200, "next"));
  room.transport.answer(answer_of(200, row_of("a") + "next"));
  for (int i = 0; i < 60; ++i) room.transport.answer(answer_of(200, "next"));
  room.transport.answer(answer_of(200, row_of("b")));
  assert_int_equal(room.collected().rows, 2);
}

void page_that_fails_is_asked_for_again_and_no_row_comes_twice(void**) {
  Room room({SmallApi::file("/page", true)});
  room.start();
  room.transport.answer(answer_of(200, row_of("a") + "next"));
  room.transport.answer(answer_of(503));
  assert_int_equal(room.failed().http_status, 503);
  room.start();
  room.transport.answer(answer_of(200, row_of("b")));
  assert_int_equal(room.collected().rows, 2);
  assert_string_equal(room.output().c_str(), kRows.c_str());
}

void page_that_cannot_be_written_fails(void**) {
  Room room({SmallApi::file("/page", true)});
  room.start();
  room.disk.inject({br::test::FileCall::append, "output", ENOSPC});
  room.transport.answer(answer_of(200, row_of("a")));
  assert_true(room.failed().message.find("output") != std::string::npos);
  room.start();
  room.transport.answer(answer_of(200, row_of("a")));
  assert_int_equal(room.collected().rows, 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(whole_source_is_brought_and_read),
      cmocka_unit_test(source_that_is_under_way_is_not_asked_for_twice),
      cmocka_unit_test(broken_source_goes_on_with_the_bytes_that_are_missing),
      cmocka_unit_test(server_that_cannot_go_on_is_asked_for_all_of_it),
      cmocka_unit_test(whole_answer_to_a_range_begins_anew),
      cmocka_unit_test(rest_of_another_file_is_not_put_behind_the_beginning),
      cmocka_unit_test(range_that_begins_elsewhere_is_not_used),
      cmocka_unit_test(range_that_the_server_does_not_have_begins_anew),
      cmocka_unit_test(piece_that_was_not_asked_for_is_not_used),
      cmocka_unit_test(piece_of_the_rest_is_followed_by_the_next),
      cmocka_unit_test(file_that_is_gone_refuses_this_source_only),
      cmocka_unit_test(server_in_trouble_or_a_wrong_key_says_nothing_about_the_file),
      cmocka_unit_test(disk_that_is_full_is_told_once),
      cmocka_unit_test(stopped_download_is_heard_of_no_more),
      cmocka_unit_test(pages_are_brought_until_one_names_no_other),
      cmocka_unit_test(page_after_page_without_a_row_fails),
      cmocka_unit_test(pages_with_rows_between_empty_ones_do_not_fail),
      cmocka_unit_test(page_that_fails_is_asked_for_again_and_no_row_comes_twice),
      cmocka_unit_test(page_that_cannot_be_written_fails),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
