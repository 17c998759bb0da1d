// A job before it is one: its files are whole and its batches say where they go, or nothing of it stays behind.
#include "core/router/prepared_job.h"

#include <string>
#include <utility>
#include <vector>

#include "codec/result_line.h"
#include "core/requests/input_digest.h"
#include "core/requests/pack.h"
#include "core/results/result_file.h"
#include "providers/registry.h"
#include "support/cmocka.h"
#include "support/router_room.h"

namespace {

using br::BatchSpec;
using br::Code;
using br::Job;
using br::PreparedJob;
using br::RemoteBatch;
using br::Result;
using br::test::RouterRoom;

std::string line(const std::string& id, const std::string& text = "?", const std::string& model = "m") {
  return R"({"custom_id":")" + id + R"(","model":")" + model + R"(","messages":[{"role":"user","content":")" + text +
         "\"}]}\n";
}

BatchSpec spec_of(const std::string& lines, std::vector<std::pair<std::string, std::string>> options = {}) {
  BatchSpec spec;
  spec.provider = "openai";
  spec.sources.push_back({"memory", "", lines});
  spec.options = std::move(options);
  return spec;
}

struct Room : RouterRoom {
  Result<PreparedJob> prepare(const BatchSpec& spec) { return parts->preparer.prepare(spec, nullptr); }
  PreparedJob prepared(const BatchSpec& spec) {
    auto made = prepare(spec);
    if (!made) fail_msg("%s", made.error().message.c_str());
    return std::move(*made);
  }
  // The job ran, and of its one batch every request came to that end.
  Job ended(const BatchSpec& spec, const std::vector<std::string>& ids, const char* type) {
    Job job = prepared(spec).job;
    std::string results;
    for (const std::string& id : ids) {
      br::append_synthetic_line("\"" + id + "\"", {br::ResultStatus::errored, type, type, "why", 0, true},
                                br::ResultContext("openai", job.id, "batch_1"), &results);
      results.push_back('\n');
    }
    RemoteBatch& batch = job.batches.at(0);
    batch.results.total = static_cast<std::int64_t>(ids.size());
    write(state.spool().results(batch), results);
    return job;
  }
  std::size_t directories() { return in.files->list_directory("/state/spool").size(); }
};

void batch_says_where_it_goes_and_whose_it_is(void**) {
  Room room;
  room.open();
  BatchSpec spec = spec_of(line("a") + line("b"), {{"audit.files", "1"}});
  spec.name = "night";
  spec.metadata = {{"k", "v"}};
  const PreparedJob made = room.prepared(spec);
  const Job& job = made.job;
  assert_true(job.id.starts_with("job_") && job.id.size() == 24);
  assert_true(job.name == "night" && job.provider == "openai" && job.base_url == "https://vendor.example/v1");
  assert_int_equal(job.created_ms, room.in.clock->now_ms());
  assert_true(job.settings == spec.options);
  assert_false(job.done || job.attached || made.address != br::JobTable::Address::given || made.input.empty());
  const RemoteBatch& batch = job.batches.at(0);
  assert_true(batch.marker == "br-" + job.id.substr(4) + "-0" && batch.metadata == spec.metadata);
  assert_true(batch.base_url == job.base_url && batch.phase == br::Phase::planned && batch.rows == 2);
  assert_int_equal(batch.planned_ms, room.in.clock->now_ms());
  assert_true(!batch.keys.empty() && !batch.key_salt.empty());
  assert_int_equal(batch.tokens.input, 0);
  assert_true(room.state.spool().check_requests(batch, br::Spool::Check::content).ok());
}

// Files only: who records it decides whether it is a job.
void prepared_job_is_recorded_nowhere_and_can_be_dropped(void**) {
  Room room;
  room.open();
  const PreparedJob made = room.prepared(spec_of(line("a")));
  assert_true(room.in.database.jobs.empty());
  assert_int_equal(room.directories(), 1);
  room.parts->preparer.discard(made);
  assert_int_equal(room.directories(), 0);
}

void same_requests_are_the_same_input_and_others_are_not(void**) {
  Room room;
  room.open();
  const std::string input = room.prepared(spec_of(line("a"))).input;
  assert_true(input == room.prepared(spec_of(line("a"))).input);
  assert_true(input != room.prepared(spec_of(line("a", "!"))).input);
  assert_true(input != room.prepared(spec_of(line("b"))).input);
  // With the tags of their jobs in the ids on the wire as well.
  room.parts.reset();
  Room other;
  other.set("anthropic.api_key", "k");
  other.open();
  BatchSpec spec = spec_of(line("a"));
  spec.provider = "anthropic";
  const PreparedJob one = other.prepared(spec), two = other.prepared(spec);
  assert_true(one.input == two.input && one.job.batches[0].id_tag != two.job.batches[0].id_tag);
}

void batches_of_several_vendors_leave_the_jobs_own_fields_empty(void**) {
  Room room;
  room.set("groq.api_key", "k");
  room.set("routes", "other=groq");
  room.open();
  const Job job = room.prepared(spec_of(line("a") + line("b", "?", "other"))).job;
  assert_int_equal(job.batches.size(), 2);
  assert_true(job.provider.empty() && job.base_url.empty());
  assert_true(job.batches[0].provider == "openai" && job.batches[1].provider == "groq");
  assert_true(job.batches[0].base_url != job.batches[1].base_url);
  assert_true(job.batches[0].marker != job.batches[1].marker);
}

void refusals_leave_no_file_behind(void**) {
  Room room;
  room.open();
  const std::pair<BatchSpec, Code> wrong[] = {
      {spec_of("no json\n"), Code::input},
      {spec_of(""), Code::input},
      {spec_of(line("a"), {{"no.such", "1"}}), Code::config},
      {spec_of(line("a"), {{"max_cost_usd", "0.0000001"}}), Code::budget},
  };
  for (const auto& [spec, code] : wrong) {
    const auto made = room.prepare(spec);
    if (made) fail_msg("code %d", static_cast<int>(code));
    assert_int_equal(made.error().code, code);
    assert_int_equal(room.directories(), 0);
  }
  BatchSpec keyless = spec_of(line("a"));
  keyless.provider = "anthropic";
  assert_false(room.prepare(keyless).ok());
  assert_int_equal(room.directories(), 0);
}

void disk_that_is_full_is_the_states_fault_and_not_the_inputs(void**) {
  Room room;
  room.open();
  room.in.disk.inject({br::test::FileCall::append, "/spool/", 28, 0, -1});
  const auto made = room.prepare(spec_of(line("a")));
  assert_true(!made.ok() && made.error().code == Code::store);
  room.in.disk.heal();
  assert_int_equal(room.directories(), 0);
}

// ---- retries ----

void retry_is_prepared_from_what_is_on_the_disk(void**) {
  Room room;
  room.open();
  const Job parent = room.ended(spec_of(line("a") + line("b")), {"a", "b"}, "batch_failed");
  auto made = room.parts->preparer.prepare_retry(parent, {});
  if (!made) fail_msg("%s", made.error().message.c_str());
  assert_true(made->job.parent == parent.id && made->job.id != parent.id && made->job.attempt == 2);
  assert_true(made->address == br::JobTable::Address::remembered);
  assert_true(made->input == br::input_of_retry(parent.id));
  // What it asks is what the same lines ask as a batch of their own.
  assert_true(made->requests == room.prepared(spec_of(line("a") + line("b"))).input);
  assert_int_equal(made->job.batches.at(0).planned_ms, made->job.created_ms);
  assert_true(made->warnings.empty());
}

void retry_says_what_it_leaves_out(void**) {
  Room room;
  room.open();
  Job parent = room.ended(spec_of(line("a") + line("b")), {"a"}, "batch_failed");
  std::string more = room.in.files->text(room.state.spool().results(parent.batches[0]));
  br::append_synthetic_line("\"b\"", {br::ResultStatus::errored, "missing", "missing", "why", 0, true},
                            br::ResultContext("openai", parent.id, "batch_1"), &more);
  room.write(room.state.spool().results(parent.batches[0]), more + "\n");
  parent.batches[0].results.total = 2;
  auto made = room.parts->preparer.prepare_retry(parent, {});
  if (!made) fail_msg("%s", made.error().message.c_str());
  assert_int_equal(made->warnings.size(), 1);
  assert_true(made->warnings[0].starts_with("1 requests are left out") &&
              made->warnings[0].find(parent.id) != std::string::npos);
}

void retry_of_nothing_leaves_nothing_behind(void**) {
  Room room;
  room.open();
  const Job parent = room.ended(spec_of(line("a")), {"a"}, "missing");
  const std::size_t before = room.directories();
  assert_int_equal(room.parts->preparer.prepare_retry(parent, {}).error().code, Code::not_found);
  assert_int_equal(room.directories(), before);
  br::RepeatPolicy again;
  again.again = true;
  assert_true(room.parts->preparer.prepare_retry(parent, again).ok());
}

void retry_with_a_key_that_was_never_the_jobs_is_not_said_to_be_its_own(void**) {
  Room room;
  room.open();
  Job parent = room.ended(spec_of(line("a")), {"a"}, "batch_failed");
  const std::vector<std::string> keys = parent.batches[0].keys;
  auto made = room.parts->preparer.prepare_retry(parent, {});
  assert_true(made.ok() && made->job.batches[0].keys == keys);
  Room other;
  other.set("openai.api_key", "another");
  other.open();
  (void)other.in.random.next();  // so that not the parent's own id comes out
  other.keep(parent);
  for (const char* kind : {"requests", "ids", "results"}) {
    const std::string path = "/state/spool/" + parent.id + "/p0." + kind + ".jsonl";
    other.write(path, room.in.files->text(path));
  }
  made = other.parts->preparer.prepare_retry(parent, {});
  if (!made) fail_msg("%s", made.error().message.c_str());
  assert_true(made->job.batches[0].keys == keys && made->job.batches[0].accounts.empty());
}

// ---- batches made elsewhere ----

void attached_batch_runs_and_has_no_requests_here(void**) {
  Room room;
  room.open();
  const br::Provider& openai = *br::find_provider("openai");
  const auto account = br::resolve_account(room.config, openai, {}, {});
  assert_true(account.ok());
  const auto made = room.parts->preparer.prepare_attached(*account, "batch_9", "/out");
  assert_true(made.ok());
  const Job& job = made->job;
  assert_true(job.attached && job.provider == "openai" && job.output == "/out" && made->address == br::JobTable::Address::given);
  assert_true(job.batches.at(0).status.id == "batch_9" && job.batches[0].phase == br::Phase::running);
  assert_true(job.batches[0].job_id == job.id && job.batches[0].submitted_ms == job.created_ms);
  assert_int_equal(room.directories(), 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(batch_says_where_it_goes_and_whose_it_is),
      cmocka_unit_test(prepared_job_is_recorded_nowhere_and_can_be_dropped),
      cmocka_unit_test(same_requests_are_the_same_input_and_others_are_not),
      cmocka_unit_test(batches_of_several_vendors_leave_the_jobs_own_fields_empty),
      cmocka_unit_test(refusals_leave_no_file_behind),
      cmocka_unit_test(disk_that_is_full_is_the_states_fault_and_not_the_inputs),
      cmocka_unit_test(retry_is_prepared_from_what_is_on_the_disk),
      cmocka_unit_test(retry_says_what_it_leaves_out),
      cmocka_unit_test(retry_of_nothing_leaves_nothing_behind),
      cmocka_unit_test(retry_with_a_key_that_was_never_the_jobs_is_not_said_to_be_its_own),
      cmocka_unit_test(attached_batch_runs_and_has_no_requests_here),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
