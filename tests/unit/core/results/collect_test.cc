// What becomes of the rows of a download: each id one result, whatever comes.
#include "core/results/collect.h"

#include <dirent.h>

#include <cstring>

#include "core/results/id_file.h"
#include "core/results/result_file.h"
#include "providers/registry.h"
#include "support/cmocka.h"
#include "support/scratch.h"

namespace {

std::string row(const std::string& id, const std::string& text = "hi") {
  return R"({"custom_id":")" + id +
         R"(","response":{"status_code":200,"body":{"model":"m","choices":[{"message":{"role":)"
         R"("assistant","content":")" +
         text +
         R"("},"finish_reason":"stop"}]}},"error":null})"
         "\n";
}

int open_files() {
  int count = 0;
  DIR* directory = opendir("/proc/self/fd");
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

// A batch of the requests a, b and c.
struct Desk {
  Desk() {
    br::IdSum sum;
    std::string ids;
    for (const char* line : {"\"a\" 1", "\"b\" 2", "\"c\" 3"}) sum.add(line), ids.append(line).push_back('\n');
    scratch.write("ids", ids + sum.last_line() + "\n");
    scratch.write("output", "");
  }
  br::CollectorPlan plan(std::size_t limit = 1 << 20) {
    br::CollectorPlan plan;
    plan.ids = br::IdFile{br::posix_files(), scratch.file("ids"), 3, ""};
    plan.acked_bytes = acked_bytes;
    plan.output_path = scratch.file("output");
    plan.max_line_bytes = limit;
    plan.context = br::ResultContext("openai", "job_a", "batch_1");
    plan.provider = br::use_provider("openai").provider;
    plan.feed = feed;
    plan.odd_row = [this](std::int32_t, const std::string& text) { odd += text + "\n"; };
    return plan;
  }
  br::Result<br::CollectReport> collect(const std::vector<std::string>& bodies, std::size_t limit = 1 << 20,
                                        std::string_view rest = "missing") {
    auto collector = br::Collector::open(plan(limit));
    if (!collector) return std::move(collector.error());
    br::OutputRead read;
    std::string text;
    for (const std::string& body : bodies) read.body_starts.push_back(text.size()), text += body;
    scratch.write("output", text);
    read.length = text.size();
    read.last = true;
    auto report = (*collector)->consume(read);
    if (!report) return report;
    auto finished = (*collector)->finish({br::ResultStatus::errored, rest, rest, "no row", 0, true});
    if (!finished) return finished;
    return report;
  }
  std::string results() const { return read_text(scratch.file("results")); }
  bool has(const char* text) const { return strstr(results().c_str(), text) != nullptr; }

  Scratch scratch;
  std::uint64_t acked_bytes = 0;
  std::shared_ptr<br::ResultFeed> feed =
      std::make_shared<br::ResultFeed>(br::posix_files(), scratch.file("results"));
  std::string odd;
};

void page_beside_a_good_file_told_apart(void**) {
  Desk desk;
  const auto report = desk.collect({row("a") + row("b"), "<html>\n<body>Please sign in</body></html>\n"});
  assert_true(report.ok());
  assert_int_equal(report->bodies, 2);
  assert_int_equal(report->rows, 2);
  assert_int_equal(report->bare, 1);
  assert_int_equal(report->missing, 1);
  assert_string_equal(report->bare_text.c_str(), "<html>");
  assert_true(report->bodies_with_rows[0]);
  assert_false(report->bodies_with_rows[1]);
}

void long_row_costs_itself_only(void**) {
  for (int place = 0; place < 3; ++place) {
    std::string rows[] = {row("a"), row("b"), row("c")};
    rows[place] = row(std::string(1, static_cast<char>('a' + place)), std::string(400'000, 'y'));
    Desk desk;
    const auto report = desk.collect({rows[0] + rows[1] + rows[2]}, 1024);
    assert_true(report.ok());
    assert_int_equal(report->missing, 1);
    assert_int_equal(report->bare, 0);
    int succeeded = 0;
    const auto counted =
        br::for_each_result({br::posix_files(), desk.scratch.file("results"), 3, ""}, [&](const br::Line& line, std::string_view) {
          succeeded += br::is_success_line({line.data, line.size}) ? 1 : 0;
          return br::Result<void>();
        });
    assert_true(counted.ok());
    assert_int_equal(succeeded, 2);
    assert_true(desk.has("limits.max_line_bytes (1024 bytes)"));
    assert_true(desk.has("\"type\":\"malformed\""));
  }
}

// The end of a file that broke off and is then gone says nothing of the row.
void half_a_row_of_a_file_that_is_gone_is_gone(void**) {
  const std::string half = row("b").substr(0, 60);
  for (const char* rest : {"missing", "results_gone"}) {
    Desk desk;
    assert_true(desk.collect({row("a") + half}, 1 << 20, rest).ok());
    assert_int_equal(desk.has("\"type\":\"malformed\""), std::string_view(rest) == "missing");
    assert_true(desk.has("\"type\":\"results_gone\"") || std::string_view(rest) == "missing");
  }
}

void only_row_that_is_too_long_is_still_a_row(void**) {
  Desk desk;
  const auto report = desk.collect({row("a", std::string(400'000, 'y'))}, 1024);
  assert_true(report.ok());
  assert_int_equal(report->bare, 0);
  assert_int_equal(report->rows, 1);
}

void rows_of_others_without_end_block(void**) {
  Desk desk;
  std::string others;
  const std::string text(1 << 20, 'x');
  for (int i = 0; i < 70; ++i) others += row("other" + std::to_string(i), text);
  const auto report = desk.collect({others}, 8 << 20);
  assert_false(report.ok());
  assert_true(report.error().blocking);
  Desk own;
  const std::string large(6 << 20, 'x');
  assert_true(own.collect({row("a", large) + row("b", large) + row("c", large)}, 8 << 20).ok());
}

void no_file_is_open_between_two_reads(void**) {
  Desk desk;
  auto collector = br::Collector::open(desk.plan());
  assert_true(collector.ok());
  const int before = open_files();
  desk.scratch.write("output", row("a"));
  assert_true((*collector)->consume({row("a").size(), false, false, {0}}).ok());
  assert_int_equal(open_files(), before);
}

// What becomes of the answers that Google gave without keys.
br::Result<br::CollectReport> collect_of_google(Desk* desk, const std::string& rows, bool ours = true) {
  auto plan = desk->plan();
  plan.takes_positions = ours;
  plan.provider = br::use_provider("google").provider;
  auto collector = br::Collector::open(std::move(plan));
  desk->scratch.write("output", rows);
  br::OutputRead read;
  read.body_starts = {0};
  read.length = rows.size();
  read.last = true;
  auto report = (*collector)->consume(read);
  const auto finished = (*collector)->finish({br::ResultStatus::errored, "missing", "missing", "no row", 0, true});
  assert_true(finished.ok());
  return report;
}

std::string answer(const std::string& text) {
  return R"("response":{"candidates":[{"content":{"parts":[{"text":")" + text + "\"}]},\"finishReason\":\"STOP\"}]}}\n";
}

void answers_without_ids_are_nobodys_and_never_asked_again_by_themselves(void**) {
  Desk desk;
  const auto report = collect_of_google(&desk, "{" + answer("x") + "{" + answer("y") + "{\"key\":\"b\"," + answer("z"));
  assert_true(report.ok());
  assert_int_equal(report->bare, 0);
  assert_int_equal(report->missing, 2);
  assert_true(desk.has(R"({"custom_id":"b","status":"succeeded","text":"z")"));
  int unidentified = 0;
  const auto read = br::for_each_result({br::posix_files(), desk.scratch.file("results"), 3, ""}, [&](const br::Line& line, std::string_view) {
    const std::string_view text(line.data, line.size);
    if (text.find(R"("type":"unidentified")") == std::string_view::npos) return br::Result<void>();
    unidentified += 1;
    assert_true(text.find(R"("transient":false)") != std::string_view::npos);
    assert_true(text.find("google.join=position") != std::string_view::npos);
    assert_true(br::may_change(text));
    return br::Result<void>();
  });
  assert_true(read.ok());
  assert_int_equal(unidentified, 2);
}

void answers_with_positions_go_to_the_requests_in_their_order(void**) {
  Desk desk;
  const auto report = collect_of_google(&desk, "{\"batchrouter_position\":2," + answer("third") + "{\"batchrouter_position\":0," +
                                                   answer("first") + "{\"batchrouter_position\":3," + answer("none"));
  assert_true(report.ok());
  assert_int_equal(report->missing, 1);
  assert_int_equal(report->unknown, 1);
  assert_true(desk.has(R"({"custom_id":"c","status":"succeeded","text":"third")"));
  assert_true(desk.has(R"({"custom_id":"a","status":"succeeded","text":"first")"));
  assert_true(desk.has(R"({"custom_id":"b","status":"errored")"));
}

void positions_in_a_vendors_own_file_are_not_believed(void**) {
  Desk desk;
  const auto report = collect_of_google(&desk, "{\"batchrouter_position\":2," + answer("of somebody else"), false);
  assert_true(report.ok());
  assert_int_equal(report->missing, 3);
  assert_false(desk.has("of somebody else"));
}

// Every vendor that sends ids sends them with every answer: one without is damaged, and fetched again.
void answer_without_an_id_of_another_vendor_is_damaged(void**) {
  Desk desk;
  const auto report = desk.collect({row("a") + R"({"response":{"status_code":200,"body":{"choices":[]}}})" "\n"});
  assert_true(report.ok());
  assert_int_equal(report->malformed, 1);
  assert_true(desk.has(R"("type":"missing")"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(answers_without_ids_are_nobodys_and_never_asked_again_by_themselves),
      cmocka_unit_test(answers_with_positions_go_to_the_requests_in_their_order),
      cmocka_unit_test(positions_in_a_vendors_own_file_are_not_believed),
      cmocka_unit_test(answer_without_an_id_of_another_vendor_is_damaged),
      cmocka_unit_test(page_beside_a_good_file_told_apart),
      cmocka_unit_test(long_row_costs_itself_only),
      cmocka_unit_test(half_a_row_of_a_file_that_is_gone_is_gone),
      cmocka_unit_test(only_row_that_is_too_long_is_still_a_row),
      cmocka_unit_test(rows_of_others_without_end_block),
      cmocka_unit_test(no_file_is_open_between_two_reads),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
