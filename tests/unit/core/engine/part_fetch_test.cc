// A pass over the sources of a batch: what is brought is read once, and whatever breaks, no row is lost.
#include "core/engine/part_fetch.h"

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "core/results/line_sums.h"
#include "support/part_room.h"

namespace {

using br::Code;
using br::EventKind;
using br::test::FakeFiles;
using br::test::FileCall;
using br::test::PartRoom;
using br::test::row_of;
using br::test::SmallApi;

// The test brings the sources.
struct HandDriver : br::Driver {
  HandDriver(std::vector<br::Download> of, br::PartFetch* to) : files(std::move(of)), fetch(to) {}
  void tune(br::StepRules*) const override {}
  void call(br::Op, const br::Account&) override {}
  bool is_calling(br::Op) const override { return false; }
  bool poll_again() override { return false; }
  void probe(const br::Account&) override {}
  std::vector<br::Download> sources(const br::Account&) const override { return files; }
  void bring(const br::Account&) override { brought += fetch->source()->request.url.substr(25) + " "; }
  void stop_bringing() override { ++stops; }
  void stop() override {}
  void list(const br::Account&, std::int64_t, std::function<void(br::Result<br::Outcome>)>) override {}
  void delete_file(const br::Account&, const std::string&, Refused) override {}

  std::vector<br::Download> files;
  br::PartFetch* fetch;
  std::string brought;  // the sources that were to be brought, in their order
  int stops = 0;
};

struct Room : PartRoom {
  explicit Room(std::vector<br::Download> sources = {SmallApi::file("/one"), SmallApi::file("/two")})
      : fetch(*part().fetch), driver(std::make_shared<HandDriver>(std::move(sources), &fetch)) {
    part().driver = driver;
  }
  // The batch asked for these, and for nothing else.
  void ask_for(const std::vector<std::string>& ids) {
    br::IdSum sum;
    std::string text;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const std::string line = "\"" + ids[i] + "\" " + std::to_string(i + 1);
      sum.add(line);
      text += line + "\n";
    }
    write(spool.ids("job_a", 0), text + sum.last_line() + "\n");
    core.find("job_a")->job.attached = false;
    batch().rows = static_cast<std::int64_t>(ids.size());
  }
  void begin(const std::string& bytes) {
    assert_true(fetch.begin_source(fetch.is_begun() ? br::OutputFile::Source::again : br::OutputFile::Source::next).ok());
    assert_true(fetch.put(bytes));
  }
  // The source that is to be brought comes whole.
  void whole(const std::string& bytes) {
    begin(bytes);
    fetch.source_ended();
  }
  br::CollectReport collected() {
    br::Event last = event();
    assert_true(last.kind == EventKind::collected);
    return std::move(last.report);
  }
  br::Error failed() {
    br::Event last = event();
    assert_true(last.kind == EventKind::fetch_failed);
    return std::move(last.error);
  }
  bool has(const char* id) { return results().find("\"" + std::string(id) + "\"") != std::string::npos; }
  void expect_brought(const char* urls) { assert_string_equal(std::exchange(driver->brought, {}).c_str(), urls); }

  br::PartFetch& fetch;
  std::shared_ptr<HandDriver> driver;
};

void acknowledged_results_outlive_a_loss_of_power_while_more_come(void**) {
  Room room;
  room.fetch.start();
  room.begin(row_of("a"));
  assert_true(room.is_quiet());
  const std::string there = room.results();
  assert_true(room.has("a"));
  assert_true(room.fetch.sync_acknowledged(static_cast<std::int64_t>(there.size())).ok());
  room.disk.crash();
  FakeFiles next(&room.disk);
  assert_string_equal(next.text(room.fetch.feed()->path).c_str(), there.c_str());
  assert_true(br::LineSums::read(&next, room.fetch.feed()->path)->has_value());
  assert_int_equal((*br::LineSums::read(&next, room.fetch.feed()->path))->size(), 1);
}

void acknowledged_results_that_cannot_be_synced_are_told(void**) {
  Room room;
  room.fetch.start();
  room.begin(row_of("a"));
  assert_true(room.is_quiet());
  room.disk.inject({FileCall::sync, "results", EIO});
  assert_false(room.fetch.sync_acknowledged(1).ok());
}

// The half row was asked for and did not come; the page is no result of anybody's.
void page_of_somebody_in_between_after_half_a_row_is_no_row(void**) {
  Room room({SmallApi::file("/one")});
  room.ask_for({"a"});
  room.fetch.start();
  room.begin(row_of("a").substr(0, row_of("a").size() / 2));
  room.fetch.source_failed(br::Error(Code::network, "broken"));
  (void)room.failed();
  room.fetch.start();
  room.whole("<html>sign in</html>");
  const br::CollectReport report = room.collected();
  assert_int_equal(report.rows, 0);
  assert_int_equal(report.damaged, 0);
  assert_int_equal(report.bare, 1);
}

// Two rows came before the download broke; the page that came in its place is told from them.
void page_of_somebody_in_between_after_whole_rows_is_bare(void**) {
  Room room({SmallApi::file("/one")});
  room.ask_for({"a", "b"});
  room.fetch.start();
  room.begin(row_of("a") + row_of("b").substr(0, 5));
  room.fetch.source_failed(br::Error(Code::network, "broken"));
  (void)room.failed();
  room.fetch.start();
  room.whole("<html>sign in</html>");
  const br::CollectReport report = room.collected();
  assert_int_equal(report.rows, 1);
  assert_int_equal(report.bare, 1);
  // It is asked for again.
  room.fetch.start();
  room.expect_brought("/one /one /one ");
}

void pass_walks_over_all_sources_in_their_order(void**) {
  Room room;
  room.fetch.start();
  room.expect_brought("/one ");
  room.whole(row_of("a"));
  room.expect_brought("/two ");
  assert_true(room.is_quiet());
  room.whole(row_of("b"));
  assert_null(room.fetch.source());
  const br::CollectReport report = room.collected();
  assert_true(report.asked);
  assert_int_equal(report.rows, 2);
  assert_int_equal(report.bodies, 2);
  assert_true(room.has("a") && room.has("b"));
}

void batch_without_a_source_is_a_pass_that_asked_for_nothing(void**) {
  Room room(std::vector<br::Download>{});
  room.fetch.start();
  const br::CollectReport report = room.collected();
  assert_false(report.asked);
  assert_int_equal(report.rows, 0);
}

void rows_are_results_before_their_source_has_ended(void**) {
  Room room;
  room.fetch.start();
  room.begin(row_of("a"));
  assert_true(room.is_quiet());
  assert_true(room.has("a"));
}

void sources_that_a_page_names_come_before_the_next_one(void**) {
  Room room;
  room.fetch.start();
  room.begin(row_of("a"));
  room.fetch.source_ended({SmallApi::file("/more")});
  room.whole(row_of("b"));
  room.whole(row_of("c"));
  room.expect_brought("/one /more /two ");
  assert_int_equal(room.collected().rows, 3);
}

void broken_source_goes_on_and_no_row_comes_twice(void**) {
  Room room;
  room.fetch.start();
  room.whole(row_of("a"));
  room.begin(row_of("b"));
  room.fetch.source_failed(br::Error(Code::network, "broke"), 7);
  const br::Event event = room.event();
  assert_true(event.kind == EventKind::fetch_failed);
  assert_int_equal(event.bytes, 7);
  room.expect_brought("/one /two ");
  room.fetch.start();
  room.expect_brought("/two ");
  assert_true(room.fetch.is_begun());
  room.whole(row_of("b") + row_of("c"));
  assert_int_equal(room.collected().rows, 3);
  assert_string_equal(room.output().c_str(), (row_of("a") + row_of("b") + row_of("c")).c_str());
}

void refused_source_is_left_out_and_told_with_the_pass(void**) {
  Room room;
  room.fetch.start();
  room.begin("half a line");
  room.fetch.source_refused(br::Error(Code::not_found, "gone"));
  room.whole("\n" + row_of("b"));
  const br::CollectReport report = room.collected();
  assert_string_equal(report.refused->message.c_str(), "gone");
  assert_int_equal(report.rows, 1);
  room.fetch.start();  // what was refused is asked for again, what was read is not
  room.expect_brought("/one /two /one ");
  room.whole(row_of("a"));
  assert_false(room.collected().refused.has_value());
}

void source_that_was_read_whole_is_read_again_only_in_a_pass_that_counts(void**) {
  Room room({SmallApi::file("/one?signature=1"), SmallApi::file("/two")});
  room.fetch.start();
  room.whole(row_of("a"));
  room.whole("no row\n");
  (void)room.collected();
  room.expect_brought("/one?signature=1 /two ");
  room.driver->files = {SmallApi::file("/one?signature=2"), SmallApi::file("/two")};
  room.fetch.start();
  room.expect_brought("/two ");
  room.whole("no row\n");
  (void)room.collected();
  room.batch().fetches = 1;  // the pass counted
  room.fetch.start();
  room.expect_brought("/one?signature=2 ");
}

void source_is_read_again_where_the_vendor_counts_more_answers(void**) {
  Room room({SmallApi::file("/one")});
  room.batch().status.counts_known = true;
  room.batch().status.counts.succeeded = 2;
  room.fetch.start();
  room.whole(row_of("a"));
  (void)room.collected();
  room.fetch.start();
  room.expect_brought("/one /one ");
  room.whole(row_of("a") + row_of("b"));
  (void)room.collected();
  assert_true(room.has("b"));
  room.fetch.start();
  room.expect_brought("");
}

// What it names differs from one time to the next.
void page_is_brought_in_every_pass(void**) {
  Room room({SmallApi::file("/page", true)});
  for (int i = 0; i < 2; ++i) {
    room.fetch.start();
    room.whole(row_of("a"));
    (void)room.collected();
  }
  room.expect_brought("/page /page ");
}

void download_ends_when_every_answer_is_here_and_junk_follows(void**) {
  Room room;
  room.ask_for({"a"});
  room.fetch.start();
  room.begin(row_of("a"));
  const std::string junk = std::string((std::size_t{1} << 20) - 1, 'x') + "\n";
  for (int i = 0; i < 66; ++i) assert_true(room.fetch.put(junk));
  const br::CollectReport report = room.collected();
  assert_int_equal(report.missing, 0);
  assert_int_equal(room.driver->stops, 1);
  assert_null(room.fetch.source());
  room.expect_brought("/one ");
}

void source_that_cannot_be_written_fails_at_its_end(void**) {
  Room room;
  room.fetch.start();
  room.disk.inject({FileCall::append, "output", ENOSPC});
  assert_true(room.fetch.begin_source(br::OutputFile::Source::next).ok());
  assert_false(room.fetch.put(row_of("a")));
  room.fetch.source_ended();
  assert_true(room.failed().message.find("output") != std::string::npos);
  room.expect_brought("/one ");
  assert_false(room.fetch.consume_write_error().has_value());
  room.fetch.start();
  room.expect_brought("/one ");
  room.whole(row_of("a"));
  room.whole(row_of("b"));
  assert_int_equal(room.collected().rows, 2);
}

// Nobody knows how far it came: the next try begins with new files.
void rows_that_cannot_be_read_begin_anew(void**) {
  Room room;
  room.fetch.start();
  room.whole(row_of("a"));
  room.settle();
  room.disk.inject({FileCall::append, "results", ENOSPC});
  room.clock.advance(1000);
  room.begin(row_of("b"));
  assert_true(room.failed().message.find("results") != std::string::npos);
  assert_int_equal(room.driver->stops, 1);
  room.expect_brought("/one /two ");
  room.fetch.start();
  room.expect_brought("/one ");
  assert_string_equal(room.output().c_str(), "");
  room.whole(row_of("a"));
  room.whole(row_of("b"));
  (void)room.collected();
  assert_true(room.has("a") && room.has("b"));
}

void finished_part_has_one_line_for_each_id_and_survives_a_loss_of_power(void**) {
  Room room;
  room.ask_for({"a", "b"});
  room.fetch.start();
  room.whole(row_of("a"));
  room.whole("");
  assert_int_equal(room.collected().missing, 1);
  room.fetch.finish();
  const br::Event event = room.event();
  assert_true(event.kind == EventKind::finished);
  assert_false(event.report.results_sum.empty());
  assert_int_equal(event.report.counts.succeeded, 1);
  assert_int_equal(event.report.counts.errored, 1);
  assert_true(room.has("a") && room.has("b"));
  const std::string results = room.results();
  const std::string path = room.spool.results(room.batch());
  room.disk.crash();
  assert_string_equal(FakeFiles(&room.disk).text(path).c_str(), results.c_str());
}

// The record would say that they are here, and nobody would ask the vendor again.
void results_that_are_not_durable_are_not_finished(void**) {
  Room room;
  room.ask_for({"a"});
  room.fetch.start();
  room.whole(row_of("a"));
  room.whole("");
  (void)room.collected();
  room.disk.inject({FileCall::sync, "results", EIO});
  room.fetch.finish();
  (void)room.failed();
  room.fetch.finish();
  assert_true(room.event().kind == EventKind::finished);
}

void sums_of_the_lines_go_when_the_record_has_the_whole(void**) {
  Room room({SmallApi::file("/one")});
  const std::string sums = br::LineSums::path_of(room.fetch.feed()->path);
  room.fetch.start();
  room.whole(row_of("a"));
  (void)room.collected();
  room.fetch.finish();
  (void)room.event();
  assert_true(room.files.file_size(sums) > 0);
  room.fetch.recorded();
  assert_true(room.files.file_size(sums) < 0);
}

void file_of_this_machine_is_a_source(void**) {
  Room room({SmallApi::file("/one")});
  room.write("/rows", row_of("a") + row_of("b"));
  room.fetch.start();
  room.fetch.copy_from("/rows");
  assert_int_equal(room.collected().rows, 2);
  room.fetch.start();
  room.batch().fetches = 1;
  (void)room.collected();
  room.fetch.start();
  room.fetch.copy_from("/nowhere");
  assert_true(room.failed().message.find("/nowhere") != std::string::npos);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(acknowledged_results_outlive_a_loss_of_power_while_more_come),
      cmocka_unit_test(acknowledged_results_that_cannot_be_synced_are_told),
      cmocka_unit_test(page_of_somebody_in_between_after_half_a_row_is_no_row),
      cmocka_unit_test(page_of_somebody_in_between_after_whole_rows_is_bare),
      cmocka_unit_test(pass_walks_over_all_sources_in_their_order),
      cmocka_unit_test(batch_without_a_source_is_a_pass_that_asked_for_nothing),
      cmocka_unit_test(rows_are_results_before_their_source_has_ended),
      cmocka_unit_test(sources_that_a_page_names_come_before_the_next_one),
      cmocka_unit_test(broken_source_goes_on_and_no_row_comes_twice),
      cmocka_unit_test(refused_source_is_left_out_and_told_with_the_pass),
      cmocka_unit_test(source_that_was_read_whole_is_read_again_only_in_a_pass_that_counts),
      cmocka_unit_test(source_is_read_again_where_the_vendor_counts_more_answers),
      cmocka_unit_test(page_is_brought_in_every_pass),
      cmocka_unit_test(download_ends_when_every_answer_is_here_and_junk_follows),
      cmocka_unit_test(source_that_cannot_be_written_fails_at_its_end),
      cmocka_unit_test(rows_that_cannot_be_read_begin_anew),
      cmocka_unit_test(finished_part_has_one_line_for_each_id_and_survives_a_loss_of_power),
      cmocka_unit_test(results_that_are_not_durable_are_not_finished),
      cmocka_unit_test(sums_of_the_lines_go_when_the_record_has_the_whole),
      cmocka_unit_test(file_of_this_machine_is_a_source),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
