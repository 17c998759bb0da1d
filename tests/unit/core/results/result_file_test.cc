// What is believed of a results file that lay on the disk.
#include "core/results/result_file.h"

#include "support/cmocka.h"
#include "support/scratch.h"

namespace {

constexpr const char* kLine = R"({"custom_id":"r1","status":"succeeded","text":"four"})" "\n";

void file_that_was_collected_is_taken(void**) {
  const Scratch scratch;
  scratch.write("results", kLine);
  const auto sum = br::sum_of_file(br::posix_files(), scratch.file("results"));
  assert_true(sum.ok());
  assert_true(br::check_results(br::posix_files(), scratch.file("results"), *sum).ok());
  assert_true(br::check_results(br::posix_files(), scratch.file("results"), "").ok());  // of a version that kept none
}

void changed_cut_or_missing_file_is_refused_by_name(void**) {
  const Scratch scratch;
  scratch.write("results", kLine);
  const std::string sum = *br::sum_of_file(br::posix_files(), scratch.file("results"));
  std::string text = kLine;
  text[text.find("four")] = 'p';
  for (const std::string& damaged : {text, text.substr(0, 10), std::string()}) {
    scratch.write("results", damaged);
    const auto checked = br::check_results(br::posix_files(), scratch.file("results"), sum);
    assert_int_equal(checked.error().code, br::Code::store);
    assert_true(checked.error().message.find("results is damaged") != std::string::npos);
  }
  assert_int_equal(br::check_results(br::posix_files(), scratch.file("nothing"), sum).error().code, br::Code::store);
}

void own_error_lines_told_apart(void**) {
  const auto line = [](const char* type) {
    return std::string(R"({"custom_id":"r1","status":"errored","text":null,"finish_reason":null,"usage":null,"model":null,)") +
           R"("provider":"openai","response":null,"error":{"type":")" + type + R"("}})";
  };
  assert_true(br::may_change(line("missing")) && br::may_change(line("results_gone")));
  assert_false(br::may_change(line("abandoned")));
  assert_true(br::is_abandoned(line("abandoned")));
  assert_false(br::is_abandoned(line("invalid_request_error")) || br::is_abandoned(kLine));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(file_that_was_collected_is_taken),
                              cmocka_unit_test(changed_cut_or_missing_file_is_refused_by_name),
                              cmocka_unit_test(own_error_lines_told_apart)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
