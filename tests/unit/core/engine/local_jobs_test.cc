// Whole jobs of a local provider, through the public header.
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "batchrouter.h"
#include "support/cmocka.h"
#include "support/scratch.h"

namespace {

std::string stand_in() {
  const char* path = getenv("BATCHROUTER_VLLM_STAND_IN");
  return path == nullptr ? "batchrouter-vllm-stand-in" : path;
}

std::string request(const std::string& id, const std::string& model) {
  return "{\"custom_id\":\"" + id + "\",\"model\":\"" + model +
         "\",\"messages\":[{\"role\":\"user\",\"content\":\"hi " + id + "\"}]}\n";
}

class Host {
 public:
  Host(const Scratch& scratch, const std::string& arguments, const std::string& command = stand_in()) {
    br_config* config = br_config_new();
    set(config, "state_dir", scratch.file("state"));
    set(config, "poll.interval_ms", "5");
    set(config, "poll.max_interval_ms", "5");
    set(config, "split", "auto");
    set(config, "vllm.vllm_command", command);
    set(config, "vllm.additional_args", arguments);
    br_error* error = nullptr;
    if (br_router_new(config, &router_, &error) != BR_OK) fail_msg("%s", br_error_message(error));
    br_config_free(config);
  }
  ~Host() {
    br_job_free(job_);
    br_router_free(router_);
  }
  br_status submit(const std::string& lines, std::string* message = nullptr) {
    br_batch* batch = br_batch_new("vllm");
    assert_int_equal(br_batch_add_jsonl(batch, lines.data(), lines.size(), nullptr), BR_OK);
    br_error* error = nullptr;
    const br_status status = br_submit(router_, batch, nullptr, nullptr, nullptr, &job_, &error);
    if (error != nullptr && message != nullptr) *message = br_error_message(error);
    br_error_free(error);
    br_batch_free(batch);
    return status;
  }
  void open_first_job() {
    br_job_list* list = nullptr;
    assert_int_equal(br_list(router_, nullptr, 0, &list, nullptr), BR_OK);
    assert_int_equal(br_job_list_count(list), 1);
    assert_int_equal(br_job_open(router_, br_job_id(br_job_list_get(list, 0)), &job_, nullptr), BR_OK);
    br_job_list_free(list);
  }
  // The JSON of every result by its id, once the job is done.
  std::map<std::string, std::string> results() {
    std::map<std::string, std::string> all;
    br_result* result = nullptr;
    while (br_next_result(router_, job_, 60'000, &result, nullptr) == BR_OK) {
      all[br_result_custom_id(result, nullptr)] = br_result_json(result, nullptr);
      br_result_ack(result, nullptr);
      br_result_free(result);
    }
    return all;
  }
  br_job* job() const { return job_; }

 private:
  static void set(br_config* config, const char* key, const std::string& value) {
    assert_int_equal(br_config_set(config, key, value.c_str(), nullptr), BR_OK);
  }
  br_router* router_ = nullptr;
  br_job* job_ = nullptr;
};

bool has(const std::string& text, const char* fragment) { return text.find(fragment) != std::string::npos; }

void job_with_two_models_runs_the_program_once_for_each(void**) {
  const Scratch scratch;
  Host host(scratch, "--stand-in-count " + scratch.file("runs"));
  assert_int_equal(host.submit(request("a", "m1") + request("b", "m2") + request("c", "m1")), BR_OK);
  const auto results = host.results();
  assert_int_equal(results.size(), 3);
  for (const char* id : {"a", "b", "c"}) {
    assert_true(has(results.at(id), "\"status\":\"succeeded\""));
    assert_true(has(results.at(id), (std::string("\"text\":\"echo: hi ") + id + "\"").c_str()));
  }
  const std::string runs = read_text(scratch.file("runs"));
  assert_int_equal(std::count(runs.begin(), runs.end(), '\n'), 2);
  assert_int_equal(br_job_batch_count(host.job()), 2);
}

void job_whose_program_crashes_gives_every_row_its_last_words(void**) {
  const Scratch scratch;
  Host host(scratch, "--stand-in-crash 3");
  assert_int_equal(host.submit(request("a", "m") + request("b", "m")), BR_OK);
  const auto results = host.results();
  assert_int_equal(results.size(), 2);
  for (const auto& [id, json] : results) {
    assert_true(has(json, "\"status\":\"errored\""));
    assert_true(has(json, "RuntimeError: Engine core initialization failed"));
  }
}

void submit_without_the_program_is_refused_at_once(void**) {
  const Scratch scratch;
  Host host(scratch, "", "no-such-program-here");
  std::string message;
  assert_int_equal(host.submit(request("a", "m"), &message), BR_ENOTFOUND);
  assert_true(has(message, "[vllm] the program no-such-program-here is not in PATH"));
}

void cancelled_job_ends_its_program(void**) {
  const Scratch scratch;
  Host host(scratch, "--stand-in-wait " + scratch.file("go"));
  assert_int_equal(host.submit(request("a", "m")), BR_OK);
  assert_int_equal(br_job_wait_submitted(host.job(), 60'000, nullptr), BR_OK);
  int32_t cancelled = 0;
  assert_int_equal(br_cancel(host.job(), 60'000, &cancelled, nullptr), BR_OK);
  assert_int_equal(cancelled, 1);
  assert_true(has(host.results().at("a"), "\"status\":\"cancelled\""));
}

// Submits in a process of its own, which is then killed without warning.
void submit_and_die(const Scratch& scratch, const std::string& arguments) {
  const pid_t child = fork();
  if (child == 0) {
    Host host(scratch, arguments);
    if (host.submit(request("a", "m") + request("b", "m")) != BR_OK) _exit(1);
    if (br_job_wait_submitted(host.job(), 60'000, nullptr) != BR_OK) _exit(2);
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status));
}

void killed_host_adopts_the_program_that_still_runs(void**) {
  const Scratch scratch;
  const std::string arguments = "--stand-in-count " + scratch.file("runs") + " --stand-in-wait " + scratch.file("go");
  submit_and_die(scratch, arguments);
  Host host(scratch, arguments);
  host.open_first_job();
  scratch.write("go", "");
  const auto results = host.results();
  assert_int_equal(results.size(), 2);
  assert_true(has(results.at("b"), "\"text\":\"echo: hi b\""));
  const std::string runs = read_text(scratch.file("runs"));
  assert_int_equal(std::count(runs.begin(), runs.end(), '\n'), 1);
}

void killed_host_adopts_the_program_that_has_ended_meanwhile(void**) {
  const Scratch scratch;
  const std::string arguments = "--stand-in-count " + scratch.file("runs");
  submit_and_die(scratch, arguments);
  Host host(scratch, arguments);
  host.open_first_job();
  assert_int_equal(host.results().size(), 2);
  const std::string runs = read_text(scratch.file("runs"));
  assert_int_equal(std::count(runs.begin(), runs.end(), '\n'), 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(killed_host_adopts_the_program_that_still_runs),
      cmocka_unit_test(killed_host_adopts_the_program_that_has_ended_meanwhile),
      cmocka_unit_test(job_with_two_models_runs_the_program_once_for_each),
      cmocka_unit_test(job_whose_program_crashes_gives_every_row_its_last_words),
      cmocka_unit_test(submit_without_the_program_is_refused_at_once),
      cmocka_unit_test(cancelled_job_ends_its_program),
  };
  return cmocka_run_group_tests_name("local_jobs", tests, nullptr, nullptr);
}
