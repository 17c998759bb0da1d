// The figures as Prometheus reads them: every line is one of its text format's, and nothing is there twice.
#include "gateway/metrics.h"

#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "gateway/stats.h"
#include "support/cmocka.h"

namespace {

using br::gateway::metrics_text;
using br::gateway::read_stats;

const char* const kStats =
    R"({"held":3,"queued":2,"requests":9,"answered":4,"cache_hits":1,"errors":1,"billed":5,"saved_usd":0.25,"batches":[)"
    R"({"provider":"openai","endpoint":"/v1/chat/completions","model":"a\"b\\c\nd","state":"in_progress","total":10,)"
    R"("succeeded":6,"errored":1,"waits_for_key":false},)"
    R"({"provider":"openai","endpoint":"/v1/chat/completions","model":"a\"b\\c\nd","state":"in_progress","total":5,)"
    R"("succeeded":0,"errored":0,"waits_for_key":true,"problem":"secret words"}]})";

std::string metrics_of(const char* stats) { return metrics_text(*read_stats(stats), 7, "1.2.3"); }

bool has_line(const std::string& text, const std::string& line) {
  if (("\n" + text).find("\n" + line + "\n") != std::string::npos) return true;
  print_error("no line %s in\n%s", line.c_str(), text.c_str());
  return false;
}

void figures_of_requests_are_told(void**) {
  const std::string text = metrics_of(kStats);
  for (const char* line :
       {"batchrouter_build_info{version=\"1.2.3\"} 1", "batchrouter_connections 7", "batchrouter_held_requests 3",
        "batchrouter_queued_requests 2", "batchrouter_requests_total 9", "batchrouter_answers_total 4",
        "batchrouter_cache_hits_total 1", "batchrouter_errors_total 1", "batchrouter_billed_rows_total 5",
        "batchrouter_saved_usd_total 0.25", "batchrouter_batches_waiting_for_key 1"})
    assert_true(has_line(text, line));
}

void batches_of_one_kind_are_one_sample_with_escaped_labels(void**) {
  const std::string text = metrics_of(kStats);
  const std::string labels =
      R"({provider="openai",endpoint="/v1/chat/completions",model="a\"b\\c\nd",state="in_progress")";
  assert_true(has_line(text, "batchrouter_batches" + labels + "} 2"));
  assert_true(has_line(text, "batchrouter_batch_requests" + labels + ",outcome=\"succeeded\"} 6"));
  assert_true(has_line(text, "batchrouter_batch_requests" + labels + ",outcome=\"errored\"} 1"));
  assert_true(has_line(text, "batchrouter_batch_requests" + labels + ",outcome=\"pending\"} 8"));
  assert_true(text.find("secret words") == std::string::npos);
}

void every_line_is_of_the_text_format(void**) {
  const std::regex sample(R"re(^(batchrouter_[a-z_]+)(\{([a-z]+="([^"\\\n]|\\["\\n])*",?)+\})? -?[0-9.e+-]+$)re");
  const std::regex type(R"(^# TYPE (batchrouter_[a-z_]+) (counter|gauge)$)");
  std::istringstream lines(metrics_of(kStats));
  std::string line, family;
  std::set<std::string> families, samples;
  while (std::getline(lines, line)) {
    std::smatch found;
    if (line.starts_with("# HELP ")) continue;
    if (std::regex_match(line, found, type)) {
      family = found[1];
      assert_true(families.insert(family).second);
      assert_int_equal(found[2] == "counter", family.ends_with("_total"));
      continue;
    }
    if (!std::regex_match(line, found, sample)) fail_msg("no line of the format: %s", line.c_str());
    assert_string_equal(found[1].str().c_str(), family.c_str());
    assert_true(samples.insert(line.substr(0, line.rfind(' '))).second);
  }
  assert_true(families.size() > 10);
}

void text_that_is_no_object_has_no_figures(void**) {
  for (const char* text : {"", "[]", "{", "null"}) assert_false(read_stats(text).has_value());
  assert_true(has_line(metrics_of("{}"), "batchrouter_requests_total 0"));
  assert_int_equal(read_stats(R"({"batches":[1,null,{}]})")->batches.size(), 3);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(figures_of_requests_are_told),
      cmocka_unit_test(batches_of_one_kind_are_one_sample_with_escaped_labels),
      cmocka_unit_test(every_line_is_of_the_text_format),
      cmocka_unit_test(text_that_is_no_object_has_no_figures),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
