// What an earlier process left of the results is believed line by line, and no id gets a second result.
#include "core/results/collect.h"

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/results/id_file.h"
#include "core/results/line_sums.h"
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
    if (!is_made_elsewhere) plan.ids = br::IdFile{br::posix_files(), scratch.file("ids"), 3, ""};
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
  bool is_made_elsewhere = false;
  std::shared_ptr<br::ResultFeed> feed =
      std::make_shared<br::ResultFeed>(br::posix_files(), scratch.file("results"));
  std::string odd;
};

// Of an earlier process, which did not come to the end: what somebody has acknowledged has to be there, all else is
// fetched again where it is not as it was written.
void line_that_changed_since_it_was_written_is_fetched_again(void**) {
  for (const bool acked : {false, true}) {
    Desk desk;
    auto first = br::Collector::open(desk.plan());
    assert_true(first.ok());
    desk.scratch.write("output", row("a") + row("b"));
    br::OutputRead read;
    read.length = (row("a") + row("b")).size();
    assert_true((*first)->consume(read).ok());
    std::string text = desk.results();
    const std::size_t first_line = text.find('\n') + 1;
    text.replace(text.find("\"hi\"", first_line), 4, "\"ho\"");
    desk.scratch.write("results", text);
    if (acked) desk.acked_bytes = text.size();
    const auto report = desk.collect({row("a") + row("b") + row("c")});
    assert_int_equal(report.ok(), !acked);
    if (acked) {
      assert_int_equal(report.error().code, br::Code::store);
      continue;
    }
    assert_false(desk.has("\"ho\""));
    assert_int_equal(report->missing, 0);
  }
}

void results_damaged_in_the_middle_fetched_again_from_there(void**) {
  Desk desk;
  assert_true(desk.collect({row("a") + row("b") + row("c")}).ok());
  const std::string whole = desk.results();
  for (const char* damage :
       {"zz\n", "\n", "{\"custom_id\":\"b\"}\n", "{\"custom_id\":\"x\",\"status\":\"succeeded\"}\n"}) {
    const std::size_t second = whole.find('\n') + 1, third = whole.find('\n', second) + 1;
    desk.scratch.write("results", whole.substr(0, second) + damage + whole.substr(third));
    assert_true(desk.collect({row("a") + row("b") + row("c")}).ok());
    assert_string_equal(desk.results().c_str(), whole.c_str());
    assert_non_null(strstr(desk.odd.c_str(), "line 2 is damaged"));
  }
}

void acknowledged_result_damaged_is_an_error_with_the_file(void**) {
  Desk desk;
  assert_true(desk.collect({row("a") + row("b") + row("c")}).ok());
  const std::string whole = desk.results();
  desk.acked_bytes = whole.size();
  desk.scratch.write("results", "zz\n" + whole.substr(whole.find('\n') + 1));
  const auto report = desk.collect({row("a")});
  assert_false(report.ok());
  assert_int_equal(report.error().code, br::Code::store);
  assert_non_null(strstr(report.error().message.c_str(), "results is damaged"));
}

void torn_last_line_of_an_earlier_process_goes(void**) {
  Desk desk;
  assert_true(desk.collect({row("a") + row("b") + row("c")}).ok());
  const std::string whole = desk.results();
  desk.scratch.write("results", whole.substr(0, whole.size() - 5));
  assert_true(desk.collect({row("c")}).ok());
  assert_string_equal(desk.results().c_str(), whole.c_str());
}

// Each of the ids a, b and c in the results: how often.
std::vector<int> times(const Desk& desk) {
  std::vector<int> counts;
  const std::string results = desk.results();
  for (const char* id : {"\"custom_id\":\"a\"", "\"custom_id\":\"b\"", "\"custom_id\":\"c\""}) {
    int count = 0;
    for (std::size_t at = 0; (at = results.find(id, at)) != std::string::npos; ++at) ++count;
    counts.push_back(count);
  }
  return counts;
}

// A process that was killed after these rows.
void begin(Desk* desk, const std::string& rows) {
  auto first = br::Collector::open(desk->plan());
  assert_true(first.ok());
  desk->scratch.write("output", rows);
  assert_true((*first)->consume({rows.size(), false, false, {0}}).ok());
}

void row_that_was_collected_before_is_not_collected_again(void**) {
  Desk desk;
  begin(&desk, row("a") + row("b"));
  const std::string before = desk.results();
  const auto report = desk.collect({row("a", "other") + row("b", "other") + row("c")});
  assert_true(report.ok());
  assert_true(desk.results().starts_with(before));
  assert_false(desk.has("other"));
  assert_true(times(desk) == std::vector<int>({1, 1, 1}));
  assert_int_equal(report->missing, 0);
  assert_int_equal(report->counts.succeeded, 3);
}

void figures_of_what_was_collected_before_are_counted(void**) {
  Desk desk;
  std::string with_usage = row("a");
  with_usage.replace(with_usage.find("\"choices\""), 0,
                     R"("model":"m-1","usage":{"prompt_tokens":5,"completion_tokens":7,)"
                     R"("prompt_tokens_details":{"cached_tokens":1,"cache_write_tokens":3}},)");
  begin(&desk, with_usage);
  const auto report = desk.collect({row("b")});
  assert_true(report.ok());
  assert_int_equal(report->counts.succeeded, 2);
  assert_int_equal(report->tokens.input, 5);
  assert_int_equal(report->tokens.output, 7);
  assert_int_equal(report->tokens.cached_input, 1);
  assert_int_equal(report->tokens.cache_write_5m, 3);
  assert_int_equal(report->model_tokens.size(), 1);
  assert_string_equal(report->model_tokens[0].model.c_str(), "m-1");
  assert_int_equal(report->model_tokens[0].tokens.cache_write_5m, 3);
}

// The same id twice in a file on the disk: the second one is no line that was written here.
void second_line_of_an_id_is_not_believed(void**) {
  Desk desk;
  begin(&desk, row("a") + row("b"));
  const std::string whole = desk.results();
  desk.scratch.write("results", whole + whole.substr(0, whole.find('\n') + 1));
  std::string sums = read_text(br::LineSums::path_of(desk.scratch.file("results")));
  desk.scratch.write("results.sums", sums + sums.substr(0, sums.size() / 2));
  assert_true(desk.collect({row("c")}).ok());
  assert_true(times(desk) == std::vector<int>({1, 1, 1}));
}

void line_of_an_id_that_was_never_asked_is_not_believed(void**) {
  Desk desk;
  begin(&desk, row("a") + row("b"));
  std::string other = desk.results();
  other.replace(other.find("\"custom_id\":\"b\""), 15, "\"custom_id\":\"z\"");
  desk.scratch.write("results", other);
  std::remove(br::LineSums::path_of(desk.scratch.file("results")).c_str());
  assert_true(desk.collect({row("b") + row("c")}).ok());
  assert_true(times(desk) == std::vector<int>({1, 1, 1}));
  assert_false(desk.has("\"custom_id\":\"z\""));
}

void acknowledged_bytes_that_are_not_there_are_an_error(void**) {
  Desk desk;
  begin(&desk, row("a") + row("b"));
  desk.acked_bytes = desk.results().size();
  desk.scratch.write("results", desk.results().substr(0, 20));
  const auto report = desk.collect({row("a") + row("b") + row("c")});
  assert_true(!report.ok() && report.error().code == br::Code::store);
}

void batch_made_elsewhere_takes_each_id_once_over_processes(void**) {
  Desk desk;
  desk.is_made_elsewhere = true;
  begin(&desk, row("a"));
  begin(&desk, row("a") + row("b"));
  assert_true(times(desk) == std::vector<int>({1, 1, 0}));
}

// Where ids of ours stand for the caller's on the wire, the results hold the caller's.
void ids_on_the_wire_are_told_from_those_in_the_results(void**) {
  Desk desk;
  br::IdSum sum;
  std::string ids;
  for (const char* line : {"\"a\" 1 b", "\"b\" 2 c", "\"c\" 3 a"}) sum.add(line), ids.append(line).push_back('\n');
  desk.scratch.write("ids", ids + sum.last_line() + "\n");
  begin(&desk, row("b", "of a"));
  assert_true(times(desk) == std::vector<int>({1, 0, 0}));
  assert_true(desk.collect({row("b", "again") + row("c", "of b") + row("a", "of c")}).ok());
  assert_true(times(desk) == std::vector<int>({1, 1, 1}));
  for (const char* text : {"of a", "of b", "of c"}) assert_true(desk.has(text));
  assert_false(desk.has("again"));
}

// Fetched once more: what is final already is neither collected nor odd, what had no answer is.
void answers_that_are_final_already_are_left_out(void**) {
  Desk desk;
  assert_true(desk.collect({row("a") + row("b")}).ok());
  desk.scratch.write("answered", desk.results());
  std::remove(desk.scratch.file("results").c_str());
  std::remove(br::LineSums::path_of(desk.scratch.file("results")).c_str());
  br::CollectorPlan plan = desk.plan();
  plan.answered = br::ResultFile{br::posix_files(), desk.scratch.file("answered"), 3, ""};
  auto collector = br::Collector::open(std::move(plan));
  assert_true(collector.ok());
  const std::string rows = row("a") + row("b") + row("c", "late");
  desk.scratch.write("output", rows);
  const auto report = (*collector)->consume({rows.size(), true, false, {0}});
  assert_true(report.ok());
  assert_int_equal(report->counts.succeeded, 1);
  assert_int_equal(report->missing, 0);
  assert_true(times(desk) == std::vector<int>({0, 0, 1}));
  assert_true(desk.has("late"));
  assert_true(desk.odd.empty());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(line_that_changed_since_it_was_written_is_fetched_again),
      cmocka_unit_test(results_damaged_in_the_middle_fetched_again_from_there),
      cmocka_unit_test(acknowledged_result_damaged_is_an_error_with_the_file),
      cmocka_unit_test(torn_last_line_of_an_earlier_process_goes),
      cmocka_unit_test(row_that_was_collected_before_is_not_collected_again),
      cmocka_unit_test(figures_of_what_was_collected_before_are_counted),
      cmocka_unit_test(second_line_of_an_id_is_not_believed),
      cmocka_unit_test(line_of_an_id_that_was_never_asked_is_not_believed),
      cmocka_unit_test(acknowledged_bytes_that_are_not_there_are_an_error),
      cmocka_unit_test(batch_made_elsewhere_takes_each_id_once_over_processes),
      cmocka_unit_test(ids_on_the_wire_are_told_from_those_in_the_results),
      cmocka_unit_test(answers_that_are_final_already_are_left_out),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
