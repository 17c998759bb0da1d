// Results in the order of their requests: each at the place where it lies, none twice and none left out.
#include "core/results/input_order.h"

#include <string>
#include <vector>

#include "codec/result_line.h"
#include "core/results/id_file.h"
#include "core/results/result_file.h"
#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

using br::Code;

std::string result(const std::string& token) {
  std::string line;
  br::append_synthetic_line(token, {br::ResultStatus::errored, "missing", "missing", "why", 0, true},
                            br::ResultContext("openai", "job_a", "batch_1"), &line);
  return line + "\n";
}

struct Room {
  Room() {
    assert_true(files.make_directories(spool.job_directory("job_a")).ok());
    job.id = "job_a";
  }
  void write(const std::string& to, const std::string& text) {
    auto file = files.create(to);
    assert_true(file.ok() && file->append(text).ok());
  }
  // ids: lines of the ids file; results: JSON strings of ids, in the order of their arrival.
  void add(const std::vector<std::string>& ids, const std::vector<std::string>& results) {
    br::RemoteBatch batch;
    batch.job_id = "job_a";
    batch.part = static_cast<int>(job.batches.size());
    batch.rows = static_cast<std::int64_t>(ids.size());
    batch.results.total = static_cast<std::int64_t>(results.size());
    br::IdSum sum;
    std::string text;
    for (const std::string& line : ids) sum.add(line), text += line + "\n";
    write(spool.ids("job_a", batch.part), text + sum.last_line() + "\n");
    text.clear();
    for (const std::string& token : results) text += result(token);
    write(spool.results(batch), text);
    job.batches.push_back(batch);
  }
  // What stands at the places.
  std::vector<std::string> ordered() {
    const auto places = br::find_input_order(spool, job, 5);
    if (!places) return {"error: " + places.error().message};
    std::vector<std::string> tokens;
    for (const br::ResultPlace& place : *places) {
      const br::RemoteBatch& batch = job.batches.at(static_cast<std::size_t>(place.part));
      const std::string line = files.text(spool.results(batch)).substr(place.offset, place.size);
      tokens.push_back(line.substr(line.find(':') + 1, line.find(",\"status\"") - line.find(':') - 1));
      assert_true(line + "\n" == result(tokens.back()));
    }
    return tokens;
  }

  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  br::Spool spool{&files, "/state"};
  br::Job job;
};

using Tokens = std::vector<std::string>;

void results_of_all_parts_come_in_the_order_of_their_requests(void**) {
  Room room;
  room.add({R"("a" 1)", R"("d" 4)"}, {R"("d")", R"("a")"});
  room.add({R"("b" 2)", R"("c" 3)", R"("e" 5)"}, {R"("e")", R"("c")", R"("b")"});
  assert_true(room.ordered() == Tokens({R"("a")", R"("b")", R"("c")", R"("d")", R"("e")"}));
}

void ids_are_the_callers_however_they_are_written(void**) {
  Room room;
  room.add({R"("x\"y" 1 r1)", R"("\u00fc" 2 r2)"}, {"\"\u00fc\"", R"("x\"y")"});
  assert_true(room.ordered() == Tokens({R"("x\"y")", "\"\u00fc\""}));
}

void result_that_answers_no_request_comes_last(void**) {
  Room room;
  room.add({R"("a" 1)", R"("b" 2)"}, {R"("stranger")", R"("b")", R"("a")"});
  assert_true(room.ordered() == Tokens({R"("a")", R"("b")", R"("stranger")"}));
}

void job_made_elsewhere_has_no_order(void**) {
  Room room;
  room.add({R"("a" 1)"}, {R"("a")"});
  room.job.attached = true;
  assert_int_equal(br::find_input_order(room.spool, room.job, 5).error().code, Code::unsupported);
}

// Half an order would be taken for the whole.
void damaged_files_are_an_error_and_no_shorter_list(void**) {
  Room room;
  room.add({R"("a" 1)", R"("b" 2)"}, {R"("a")", R"("b")"});
  const std::string results = room.files.text(room.spool.results(room.job.batches[0]));
  room.write(room.spool.results(room.job.batches[0]), results.substr(0, results.size() - 4));
  assert_int_equal(br::find_input_order(room.spool, room.job, 5).error().code, Code::store);
  room.write(room.spool.results(room.job.batches[0]), results);
  assert_true(br::find_input_order(room.spool, room.job, 5).ok());
  room.write(room.spool.ids("job_a", 0), "\"a\" 1\nzz\n");
  assert_int_equal(br::find_input_order(room.spool, room.job, 5).error().code, Code::store);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(results_of_all_parts_come_in_the_order_of_their_requests),
      cmocka_unit_test(ids_are_the_callers_however_they_are_written),
      cmocka_unit_test(result_that_answers_no_request_comes_last),
      cmocka_unit_test(job_made_elsewhere_has_no_order),
      cmocka_unit_test(damaged_files_are_an_error_and_no_shorter_list),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
