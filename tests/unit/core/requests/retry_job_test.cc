// A retry sends what did not succeed and nothing else: what was answered, or may still be, is paid for already.
#include "core/requests/retry_job.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "codec/result_line.h"
#include "core/requests/pack.h"
#include "core/results/id_file.h"
#include "core/results/result_file.h"
#include "providers/registry.h"
#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

using br::Code;
using br::Job;
using br::RemoteBatch;
using br::Result;

const br::ResultContext kContext("openai", "job_parent", "batch_1");

std::string answered(const std::string& id) {
  const std::string token = "\"" + id + "\"";
  br::Row row;
  row.status = br::ResultStatus::succeeded;
  row.custom_id_json = token;
  row.response_json = "{}";
  row.text_json = "\"hi\"";
  std::string line;
  br::append_result_line(row, kContext, &line);
  return line + "\n";
}

std::string failed(const std::string& id, const char* type) {
  std::string line;
  br::append_synthetic_line("\"" + id + "\"", {br::ResultStatus::errored, type, type, "why", 0, true}, kContext, &line);
  return line + "\n";
}

struct Room {
  explicit Room(const char* name = "openai") : provider(*br::find_provider(name)) {
    assert_true(files.make_directory("/state").ok());
    assert_true(spool.make_job_directory("job_parent").ok());
    for (const char* made_in : {"/", "/state"}) assert_true(files.sync_directory(made_in).ok());
    parent.id = "job_parent";
    parent.provider = name;
    child.id = "job_child0000000000";
  }
  std::string wire_id(const std::string& id, std::uint64_t number, const Job& job) const {
    return provider.dialect().wire_id(id, number, br::id_tag_of(job.id));
  }
  static std::string native(const std::string& id) { return R"({"custom_id":")" + id + "\",\"body\":{}}\n"; }
  // A batch of the parent for each list of ids, its request files as they are packed.
  void pack(const std::vector<std::vector<std::string>>& parts, bool keep_unified = true) {
    br::Packer packer({parent.id, &spool, true, keep_unified, 1024, br::id_tag_of(parent.id)});
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      for (const std::string& id : parts[i]) {
        br::Request request;
        const std::string wire = wire_id(id, ++number, parent), model = "m" + std::to_string(i);
        request.custom_id = id;
        request.model = model;
        const std::string id_json = "\"" + id + "\"", unified = "unified " + id;
        const std::string line = native(wire.empty() ? id : wire);
        assert_true(packer.add(provider, {request, id_json, wire, "team", number, unified, line, limits}).ok());
      }
    }
    auto packed = packer.finish();
    assert_true(packed.ok() && packed->size() == parts.size());
    parent.batches = std::move(*packed);
  }
  // The results of one batch of the parent.
  void collect(std::size_t part, const std::string& results) {
    write(spool.results(parent.batches[part]), results);
    parent.batches[part].results.total = std::count(results.begin(), results.end(), '\n');
    parent.batches[part].results_sum = *br::sum_of_file(&files, spool.results(parent.batches[part]));
  }
  void write(const std::string& path, const std::string& text) {
    auto file = files.create(path);
    assert_true(file.ok() && file->append(text).ok());
  }
  Result<std::int64_t> retry(bool again = false) { return br::write_retry(spool, parent, {again, 0, 7}, &child); }
  std::string requests(std::size_t part = 0) { return files.text(spool.requests(child.id, static_cast<int>(part))); }

  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  br::Spool spool{&files, "/state"};
  const br::Provider& provider;
  br::Capability limits;
  Job parent, child;
};

// "a" is answered, "b" was refused, the row of "c" did not come, and "d" was given up by a person.
void collect_all_kinds(Room* room) {
  room->pack({{"a", "b", "c", "d"}});
  room->collect(0, failed("d", "abandoned") + failed("c", "missing") + failed("b", "batch_failed") + answered("a"));
}

void only_what_certainly_failed_is_sent_again(void**) {
  Room room;
  collect_all_kinds(&room);
  const auto left_out = room.retry();
  assert_true(left_out.ok() && *left_out == 2);
  assert_string_equal(room.requests().c_str(), Room::native("b").c_str());
  assert_int_equal(room.child.batches.size(), 1);
  assert_int_equal(room.child.batches[0].rows, 1);
}

void what_may_be_paid_for_is_sent_again_only_where_that_is_said(void**) {
  Room room;
  collect_all_kinds(&room);
  const auto left_out = room.retry(true);
  assert_true(left_out.ok() && *left_out == 0);
  assert_string_equal(room.requests().c_str(), (Room::native("b") + Room::native("c") + Room::native("d")).c_str());
}

void nothing_certain_to_send_is_refused_and_says_what_to_do(void**) {
  Room room;
  room.pack({{"a", "b"}});
  room.collect(0, answered("a") + failed("b", "results_gone"));
  const auto left_out = room.retry();
  assert_true(!left_out.ok() && left_out.error().code == Code::not_found);
  assert_true(left_out.error().hint.find("results job_parent --refetch") != std::string::npos);
  room.collect(0, answered("a") + answered("b"));
  assert_int_equal(room.retry().error().code, Code::not_found);
  assert_int_equal(room.retry(true).error().code, Code::not_found);
}

// All that the request went with but for what is new: job, part, marker.
void copied_requests_are_a_whole_job_of_their_own(void**) {
  Room room;
  room.pack({{"a"}, {"b", "c"}});
  room.collect(0, answered("a"));
  room.collect(1, failed("b", "batch_failed") + failed("c", "batch_failed"));
  room.parent.name = "night";
  room.parent.settings = {{"audit.files", "1"}};
  RemoteBatch& from = room.parent.batches[1];
  from.base_url = "https://vendor.example/v1";
  from.metadata = {{"k", "v"}};
  from.key_salt = "salt";
  from.keys = {"hash"};
  assert_true(room.retry().ok());
  const RemoteBatch& to = room.child.batches.at(0);
  assert_true(to.part == 0 && to.rows == 2 && to.job_id == room.child.id && to.phase == br::Phase::planned);
  assert_int_equal(to.bytes, room.requests().size());
  assert_string_equal(to.marker.c_str(), "br-child0000000000-0");
  assert_true(to.model == "m1" && to.account == "team" && to.base_url == from.base_url && to.metadata == from.metadata);
  assert_true(to.key_salt == "salt" && to.keys == from.keys && to.accounts.empty());
  assert_true(room.child.parent == "job_parent" && room.child.attempt == 2 && room.child.name == "night-retry1");
  assert_true(room.child.settings == room.parent.settings);
  assert_true(room.spool.check_requests(to, br::Spool::Check::content).ok());
  std::vector<std::string> ids;
  assert_true(br::for_each_id(br::id_file_of(room.spool, to), [&](const br::IdEntry& entry) {
                ids.push_back(std::string(entry.custom_id) + std::to_string(entry.number));
              }).ok());
  assert_true(ids == std::vector<std::string>({"b2", "c3"}));
  assert_string_equal(room.files.text(room.spool.unified(room.child.id, 0)).c_str(), "unified b\nunified c\n");
}

void retry_outlives_a_loss_of_power(void**) {
  Room room;
  collect_all_kinds(&room);
  assert_true(room.retry().ok());
  for (const std::string& directory : {std::string("/state/spool"), room.spool.job_directory(room.child.id)})
    assert_true(room.files.sync_directory(directory).ok());
  room.disk.crash();
  br::test::FakeFiles later(&room.disk);
  assert_string_equal(later.text(room.spool.requests(room.child.id, 0)).c_str(), Room::native("b").c_str());
  assert_false(later.text(room.spool.ids(room.child.id, 0)).empty());
}

// A vendor without a marker: its rows tell whose they are by the tag in their ids, so no retry may keep the old one.
void ids_on_the_wire_carry_the_tag_of_the_new_job(void**) {
  Room room("anthropic");
  room.pack({{"a", "not plain"}});
  room.collect(0, failed("a", "batch_failed") + failed("not plain", "batch_failed"));
  assert_true(room.retry().ok());
  const std::string first = room.wire_id("a", 1, room.child), second = room.wire_id("not plain", 2, room.child);
  assert_string_equal(room.requests().c_str(), (Room::native(first) + Room::native(second)).c_str());
  assert_true(room.requests().find(br::id_tag_of(room.parent.id)) == std::string::npos);
  assert_string_equal(room.child.batches[0].id_tag.c_str(), br::id_tag_of(room.child.id).c_str());
  assert_true(room.spool.check_requests(room.child.batches[0], br::Spool::Check::content).ok());
  std::vector<std::string> ids;
  assert_true(br::for_each_id(br::id_file_of(room.spool, room.child.batches[0]), [&](const br::IdEntry& entry) {
                ids.push_back(std::string(entry.custom_id) + " " + std::string(entry.wire_id));
              }).ok());
  assert_true(ids == std::vector<std::string>({"a " + first, "not plain " + second}));
}

// ---- files that are not what they were ----

void damaged_files_are_no_ground_to_send_anything(void**) {
  enum { results, requests, ids, unified };
  for (const int kind : {results, requests, ids, unified}) {
    Room room;
    collect_all_kinds(&room);
    const std::string paths[] = {room.spool.results(room.parent.batches[0]), room.spool.requests("job_parent", 0),
                                 room.spool.ids("job_parent", 0), room.spool.unified("job_parent", 0)};
    std::string text = room.files.text(paths[kind]);
    text[text.find('b')] = 'x';
    room.write(paths[kind], text);
    const auto left_out = room.retry();
    if (left_out) fail_msg("kind %d", kind);
    assert_int_equal(left_out.error().code, Code::store);
  }
}

// The lines of ids and requests belong together one by one: of an older version, which kept no checksums.
void file_with_another_number_of_lines_is_no_ground_to_send_anything(void**) {
  for (const bool more : {false, true}) {
    Room room;
    collect_all_kinds(&room);
    RemoteBatch& from = room.parent.batches[0];
    const std::string path = room.spool.requests("job_parent", 0), text = room.files.text(path);
    const std::string other = more ? text + Room::native("e") : text.substr(0, text.size() - Room::native("d").size());
    room.write(path, other);
    from.request_sum.clear();
    from.bytes = static_cast<std::int64_t>(other.size());
    const auto left_out = room.retry();
    assert_true(!left_out.ok() && left_out.error().code == Code::store);
  }
}

void request_without_the_id_that_the_ids_file_says_is_not_sent(void**) {
  Room room("anthropic");
  room.pack({{"a"}});
  room.collect(0, failed("a", "batch_failed"));
  room.write(room.spool.requests("job_parent", 0), Room::native("somebody"));
  room.parent.batches[0].request_sum.clear();
  room.parent.batches[0].bytes = static_cast<std::int64_t>(Room::native("somebody").size());
  assert_int_equal(room.retry().error().code, Code::store);
}

void every_failure_of_the_disk_is_an_error_or_leaves_the_whole_retry(void**) {
  std::uint64_t calls = 0;
  {
    Room room;
    collect_all_kinds(&room);
    const std::uint64_t before = room.disk.calls();
    assert_true(room.retry().ok());
    calls = room.disk.calls() - before;
  }
  int refused = 0;
  for (std::uint64_t n = 1; n <= calls; ++n) {
    Room room;
    collect_all_kinds(&room);
    room.disk.fail_at(room.disk.calls() + n, ENOSPC);
    const bool worked = room.retry().ok();
    refused += worked ? 0 : 1;
    assert_true(!worked || room.requests() == Room::native("b"));
  }
  assert_true(refused > 8);
}

// ---- the lines that failed, for a person ----

void failed_lines_come_as_they_were_given(void**) {
  Room room;
  collect_all_kinds(&room);
  std::string lines;
  const auto add = [&lines](std::string_view line) -> Result<void> {
    lines.append(line).push_back('\n');
    return {};
  };
  assert_true(br::for_each_failed(room.spool, room.parent, 7, add).ok());
  assert_string_equal(lines.c_str(), "unified b\nunified c\nunified d\n");
}

void job_that_kept_no_lines_says_so(void**) {
  Room room;
  room.pack({{"a"}}, false);
  room.collect(0, failed("a", "batch_failed"));
  const auto add = [](std::string_view) -> Result<void> { return {}; };
  assert_int_equal(br::for_each_failed(room.spool, room.parent, 7, add).error().code, Code::not_found);
  assert_true(room.retry().ok());
  assert_string_equal(room.requests().c_str(), Room::native("a").c_str());
  assert_false(room.files.exists(room.spool.unified(room.child.id, 0)));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(only_what_certainly_failed_is_sent_again),
      cmocka_unit_test(what_may_be_paid_for_is_sent_again_only_where_that_is_said),
      cmocka_unit_test(nothing_certain_to_send_is_refused_and_says_what_to_do),
      cmocka_unit_test(copied_requests_are_a_whole_job_of_their_own),
      cmocka_unit_test(retry_outlives_a_loss_of_power),
      cmocka_unit_test(ids_on_the_wire_carry_the_tag_of_the_new_job),
      cmocka_unit_test(damaged_files_are_no_ground_to_send_anything),
      cmocka_unit_test(file_with_another_number_of_lines_is_no_ground_to_send_anything),
      cmocka_unit_test(request_without_the_id_that_the_ids_file_says_is_not_sent),
      cmocka_unit_test(every_failure_of_the_disk_is_an_error_or_leaves_the_whole_retry),
      cmocka_unit_test(failed_lines_come_as_they_were_given),
      cmocka_unit_test(job_that_kept_no_lines_says_so),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
