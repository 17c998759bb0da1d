// What of the input is sent, and to whom: nothing once a line is wrong, and then every wrong line is told.
#include "core/requests/intake.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "providers/registry.h"
#include "support/cmocka.h"
#include "support/fake_world.h"
#include "support/router_room.h"

namespace {

using br::BatchSpec;
using br::Code;
using br::IntakeReport;
using br::Result;

std::string line(const std::string& id, const std::string& more = "", const std::string& model = "m") {
  return R"({"custom_id":")" + id + R"(","model":")" + model + R"(",)" + more +
         R"("messages":[{"role":"user","content":"?"}]})"
         "\n";
}

// What came, and the order in which it did.
struct Sink : br::RequestSink {
  Result<void> add(const br::Provider& provider, const br::EncodedRequest& request) override {
    came.push_back(std::string(request.id_json) + " " + std::string(provider.name()));
    wire_ids.emplace_back(request.wire_id);
    accounts.emplace_back(request.account);
    numbers.push_back(request.number);
    natives.emplace_back(request.native);
    unified.emplace_back(request.unified);
    if (failure) return *failure;
    return {};
  }
  std::vector<std::string> came, wire_ids, accounts, natives, unified;
  std::vector<std::uint64_t> numbers;
  std::optional<br::Error> failure;
};

struct Room {
  Room() { spec.provider = "openai"; }
  void set(const std::string& key, const std::string& value) { assert_true(config.set(key, value).ok()); }
  void add_text(const std::string& text, const std::string& name = "memory") {
    spec.sources.push_back({name, "", text});
  }
  void add_file(const std::string& path, const std::string& text) {
    auto file = in.files->create(path);
    assert_true(file.ok() && file->append(text).ok());
    spec.sources.push_back({path, path, ""});
  }
  Result<IntakeReport> read(br::IdTable* all_ids = nullptr, std::string_view tag = {}) {
    return br::read_requests(world, config, spec, &sink, all_ids, tag);
  }
  std::vector<std::string> issues() {
    const auto report = read();
    if (report) fail_msg("nothing is wrong");
    total = report.error().issue_total;
    code = report.error().code;
    return report.error().issues;
  }

  br::test::FakeWorld in{7, [](const br::HttpRequest&, const std::string&) { return br::test::not_found_answer(); }};
  br::World world = in.begin_process();
  br::Config config;
  BatchSpec spec;
  Sink sink;
  std::size_t total = 0;
  Code code = Code::internal;
};

bool has(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

void requests_of_all_sources_come_in_their_order(void**) {
  Room room;
  room.add_text(line("a") + "\n \t\r\n" + line("b"), "first");
  room.add_file("/second", line("c") + line("d").substr(0, line("d").size() - 1));
  const auto report = room.read();
  assert_true(report.ok());
  assert_int_equal(report->requests, 4);
  const std::vector<std::string> all = {"\"a\" openai", "\"b\" openai", "\"c\" openai", "\"d\" openai"};
  assert_true(room.sink.came == all);
  // Numbers count the lines, so that a message and the files of a job name the same request alike.
  assert_true(std::is_sorted(room.sink.numbers.begin(), room.sink.numbers.end()));
  assert_int_equal(room.sink.numbers[0], 1);
  assert_true(std::adjacent_find(room.sink.numbers.begin(), room.sink.numbers.end()) == room.sink.numbers.end());
  assert_true(room.sink.unified[0] + "\n" == line("a"));
  for (const std::string& native : room.sink.natives)
    assert_true(std::count(native.begin(), native.end(), '\n') == 1 && native.ends_with("\n"));
}

void no_request_is_an_error(void**) {
  for (const char* text : {"", "\n\n  \n"}) {
    Room room;
    room.add_text(text);
    const auto report = room.read();
    assert_true(!report.ok() && report.error().code == Code::input);
  }
  Room room;
  assert_int_equal(room.read().error().code, Code::input);
}

void every_wrong_line_is_told_and_no_line_behind_one_is_sent(void**) {
  Room room;
  room.add_text(line("a") + "no json\n" + line("b") + line("c"), "first");
  room.add_text(R"({"model":"m"})"
                "\n" +
                    line("d"),
                "second");
  const auto issues = room.issues();
  assert_int_equal(room.code, Code::input);
  assert_int_equal(issues.size(), 2);
  assert_true(issues[0].starts_with("first:2:") && issues[1].starts_with("second:1:"));
  assert_true(room.sink.came == std::vector<std::string>({"\"a\" openai"}));
}

void first_hundred_are_shown_and_all_counted(void**) {
  Room room;
  std::string text;
  for (int i = 0; i < 250; ++i) text += "no json\n";
  room.add_text(text);
  const auto issues = room.issues();
  assert_int_equal(issues.size(), 100);
  assert_int_equal(room.total, 250);
  assert_true(issues.back().starts_with("memory:100:"));
  assert_true(room.sink.came.empty());
}

void id_that_stood_before_is_named_with_both_lines(void**) {
  Room room;
  room.add_text(line("a") + line("b") + line("a"), "first");
  room.add_file("/second", line("c") + line("b"));
  const auto issues = room.issues();
  assert_int_equal(issues.size(), 2);
  assert_true(issues[0].starts_with("first:3:") && has(issues[0], "\"a\"") && has(issues[0], "first:1 "));
  assert_true(issues[1].starts_with("/second:2:") && has(issues[1], "\"b\"") && has(issues[1], "first:2 "));
}

void ids_of_several_batches_are_collected_behind_each_other(void**) {
  Room room;
  br::IdTable ids(1);
  room.add_text(line("a") + line("b"));
  assert_true(room.read(&ids).ok());
  assert_true(room.read(&ids).ok());
  std::size_t total = 0;
  const auto twice = ids.find(10, &total);
  assert_int_equal(total, 2);
  assert_true(twice[0].first_row == 1 && twice[0].row == 3 && twice[1].first_row == 2 && twice[1].row == 4);
}

void failure_of_the_sink_ends_the_reading(void**) {
  Room room;
  room.add_text(line("a") + line("b") + "no json\n");
  room.sink.failure = br::Error(Code::store, "the disk is full");
  const auto report = room.read();
  assert_true(!report.ok() && report.error().message == "the disk is full");
  assert_int_equal(room.sink.came.size(), 1);
}

void file_that_cannot_be_read_ends_the_reading(void**) {
  Room room;
  room.spec.sources.push_back({"/none", "/none", ""});
  assert_int_equal(room.read().error().code, Code::io);
  Room broken;
  broken.add_file("/in", line("a"));
  broken.in.disk.inject({br::test::FileCall::read, "/in", 5});
  assert_int_equal(broken.read().error().code, Code::io);
  assert_true(broken.sink.came.empty());
}

void line_over_the_limit_is_told_with_its_source(void**) {
  Room room;
  room.set("limits.max_line_bytes", "1024");
  room.add_text(line("a") + line("b", R"("metadata":{"k":")" + std::string(2000, 'x') + "\"},"));
  const auto report = room.read();
  assert_true(!report.ok() && report.error().code == Code::input);
  const std::string told = report.error().message + (report.error().issues.empty() ? "" : report.error().issues[0]);
  assert_true(has(told, "memory"));
}

// ---- to whom ----

void own_provider_goes_before_rules_and_those_before_that_of_the_batch(void**) {
  Room room;
  room.set("routes", "claude-*=anthropic");
  room.add_text(line("a") + line("b", "", "claude-x") + line("c", R"("provider":"groq",)", "claude-x"));
  const auto report = room.read();
  if (!report) fail_msg("%s", report.error().message.c_str());
  assert_true(room.sink.came == std::vector<std::string>({"\"a\" openai", "\"b\" anthropic", "\"c\" groq"}));
  assert_int_equal(report->providers.size(), 3);
  assert_true(report->providers[0]->name() == "openai" && report->providers[1]->name() == "anthropic");
}

void missing_provider_is_told_once_for_each_name(void**) {
  Room room;
  room.add_text(line("a") + line("b", R"("provider":"nobody",)") + line("c", R"("provider":"nobody",)") +
                line("d", R"("provider":"noone",)"));
  const auto issues = room.issues();
  assert_int_equal(room.code, Code::no_provider);
  assert_int_equal(issues.size(), 2);
  assert_true(issues[0].starts_with("memory:2:") && has(issues[0], "nobody"));
  assert_true(issues[1].starts_with("memory:4:") && has(issues[1], "noone"));
  Room other;
  other.spec.provider = "";
  other.add_text(line("a") + "no json\n");
  assert_int_equal(other.issues().size(), 2);
  assert_int_equal(other.code, Code::input);
}

void key_of_a_line_goes_with_its_request(void**) {
  Room room;
  room.add_text(line("a", R"("provider":"openai@team",)") + line("b"));
  const auto report = room.read();
  if (!report) fail_msg("%s", report.error().message.c_str());
  assert_true(room.sink.accounts == std::vector<std::string>({"team", ""}));
}

// ---- ids on the wire ----

void ids_on_the_wire_are_what_the_vendor_needs(void**) {
  Room room;
  room.spec.provider = "anthropic";
  room.add_text(line("a") + line("b c"));
  const auto report = room.read(nullptr, "tag1");
  if (!report) fail_msg("%s", report.error().issues.empty() ? "" : report.error().issues[0].c_str());
  const br::Dialect& dialect = br::find_provider("anthropic")->dialect();
  const std::vector<std::string> wire = {dialect.wire_id("a", 1, "tag1"), dialect.wire_id("b c", 2, "tag1")};
  assert_true(room.sink.wire_ids == wire);
  assert_true(room.sink.came == std::vector<std::string>({"\"a\" anthropic", "\"b c\" anthropic"}));
  for (std::size_t i = 0; i < wire.size(); ++i) assert_true(has(room.sink.natives[i], "\"" + wire[i] + "\""));
  assert_false(has(room.sink.natives[1], "\"b c\""));
}

void ids_that_the_vendor_takes_stay_the_callers(void**) {
  Room room;
  room.add_text(line("a b"));
  assert_true(room.read(nullptr, "tag1").ok());
  assert_true(room.sink.wire_ids == std::vector<std::string>({""}));
  assert_true(has(room.sink.natives[0], "\"a b\""));
}

// ---- who encodes where ----

// What is not added is taken away again: else the next batch file begins with it.
struct BufferSink : Sink {
  std::string* buffer() override { return &text; }
  Result<void> add(const br::Provider& provider, const br::EncodedRequest& request) override {
    kept += request.native;
    return Sink::add(provider, request);
  }
  std::string text, kept;
};

void lent_buffer_holds_only_what_was_added(void**) {
  Room room;
  BufferSink sink;
  room.add_text(line("a") + line("b") + "no json\n" + line("c"));
  assert_false(br::read_requests(room.world, room.config, room.spec, &sink).ok());
  assert_int_equal(sink.came.size(), 2);
  assert_string_equal(sink.text.c_str(), sink.kept.c_str());
}

void without_a_sink_the_input_is_only_checked(void**) {
  Room room;
  room.add_text(line("a") + line("b"));
  const auto report = br::read_requests(room.world, room.config, room.spec, nullptr);
  assert_true(report.ok() && report->requests == 2);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(requests_of_all_sources_come_in_their_order),
      cmocka_unit_test(no_request_is_an_error),
      cmocka_unit_test(every_wrong_line_is_told_and_no_line_behind_one_is_sent),
      cmocka_unit_test(first_hundred_are_shown_and_all_counted),
      cmocka_unit_test(id_that_stood_before_is_named_with_both_lines),
      cmocka_unit_test(ids_of_several_batches_are_collected_behind_each_other),
      cmocka_unit_test(failure_of_the_sink_ends_the_reading),
      cmocka_unit_test(file_that_cannot_be_read_ends_the_reading),
      cmocka_unit_test(line_over_the_limit_is_told_with_its_source),
      cmocka_unit_test(own_provider_goes_before_rules_and_those_before_that_of_the_batch),
      cmocka_unit_test(missing_provider_is_told_once_for_each_name),
      cmocka_unit_test(key_of_a_line_goes_with_its_request),
      cmocka_unit_test(ids_on_the_wire_are_what_the_vendor_needs),
      cmocka_unit_test(ids_that_the_vendor_takes_stay_the_callers),
      cmocka_unit_test(lent_buffer_holds_only_what_was_added),
      cmocka_unit_test(without_a_sink_the_input_is_only_checked),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
