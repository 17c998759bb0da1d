// The router in a world that one seed decides: a batch is sent, its results are handed out, and a process that ends in
// the middle leaves what the next one goes on with. No real clock, disk, database or network.
#include "core/world.h"

#include <map>
#include <string>
#include <vector>

#include "core/router/router.h"
#include "support/cmocka.h"
#include "support/fake_world.h"

namespace {

using br::test::FakeAnswer;
using br::test::FakeWorld;
using br::test::ok_answer;

constexpr std::int64_t kWorkMs = 600'000;  // what the vendor needs for a batch

// OpenAI as far as a batch of one file needs it; every request is answered with the same text.
class Vendor {
 public:
  explicit Vendor(const br::Clock* clock) : clock_(clock) {}
  FakeAnswer answer(const br::HttpRequest& request, const std::string& body) {
    const std::string path = request.url.substr(request.url.find("/v1/"));
    if (path == "/v1/files") return take_file(body);
    if (path == "/v1/batches" && request.method == "POST") return create(body);
    if (path.starts_with("/v1/batches?")) return list();
    if (path.starts_with("/v1/batches/")) return ok_answer(batch());
    if (path == "/v1/files/file-out/content") return ok_answer(rows());
    FakeAnswer unknown;
    unknown.response.status = 404;
    return unknown;
  }
  int created = 0;
  std::string uploaded;

 private:
  FakeAnswer take_file(const std::string& body) {
    uploaded = body;
    return ok_answer(R"({"id":"file-in","object":"file"})");
  }
  FakeAnswer create(const std::string& body) {
    ++created;
    created_ms_ = clock_->now_ms();
    const std::size_t metadata = body.find("\"metadata\":");
    metadata_ = body.substr(metadata, body.find('}', metadata) + 1 - metadata);
    return ok_answer(batch(), 50);
  }
  FakeAnswer list() {
    return ok_answer(R"({"data":[)" + (created > 0 ? batch() : "") + R"(],"has_more":false})");
  }
  std::string batch() const {
    const bool done = clock_->now_ms() - created_ms_ >= kWorkMs;
    return R"({"id":"batch_1","object":"batch","input_file_id":"file-in",)" + metadata_ + R"(,"created_at":)" +
           std::to_string(created_ms_ / 1000) + R"(,"status":")" + (done ? "completed" : "in_progress") + "\"" +
           (done ? R"(,"output_file_id":"file-out"})" : "}");
  }
  std::string rows() const {
    std::string rows;
    for (std::size_t at = 0; at < uploaded.size();) {
      const std::size_t id = uploaded.find("\"custom_id\":", at);
      const std::size_t end = uploaded.find(',', id);
      rows += "{" + uploaded.substr(id, end - id) +
              R"(,"response":{"status_code":200,"body":{"model":"m","choices":[{"index":0,"message":)"
              R"({"role":"assistant","content":"yes"},"finish_reason":"stop"}]}},"error":null})"
              "\n";
      at = uploaded.find('\n', end) + 1;
    }
    return rows;
  }

  const br::Clock* clock_;
  std::int64_t created_ms_ = 0;
  std::string metadata_;
};

struct Simulation {
  explicit Simulation(std::uint64_t seed)
      : world(seed, [this](const br::HttpRequest& request, const std::string& body) {
          return vendor.answer(request, body);
        }) {
    assert_true(config.set("state_dir", "/state").ok());
    assert_true(config.set("openai.api_key", "k").ok());
    assert_true(config.set("openai.base_url", "https://vendor.example/v1").ok());
    for (int i = 0; i < 3; ++i)
      lines += R"({"custom_id":"r)" + std::to_string(i) +
               R"(","model":"m","messages":[{"role":"user","content":"?"}]})" + "\n";
  }
  std::shared_ptr<br::Router> open() {
    auto opened = br::Router::open(config, {}, world.begin_process());
    if (!opened) fail_msg("%s", opened.error().message.c_str());
    return std::move(*opened);
  }
  std::string submit(br::Router* router) const {
    br::BatchSpec spec;
    spec.provider = "openai";
    spec.sources.push_back({"memory", "", lines});
    auto submitted = router->submission().submit(spec, {});
    if (!submitted) fail_msg("%s", submitted.error().message.c_str());
    return submitted->job_id;
  }
  // All results of the job, acknowledged: how often each id came.
  static std::map<std::string, int> drain(br::Router* router, const std::string& job_id) {
    std::map<std::string, int> came;
    for (;;) {
      std::vector<br::Delivered> results;
      auto waited = router->outbox().next(job_id, -1, 10, &results);
      if (!waited) fail_msg("%s", waited.error().message.c_str());
      if (*waited == br::Wait::ended) return came;
      for (const br::Delivered& result : results) {
        assert_true(result.line.find("\"text\":\"yes\"") != std::string::npos);
        came[result.line.substr(0, result.line.find(','))] += 1;
        router->outbox().acknowledge(result);
      }
    }
  }

  br::Config config;
  std::string lines;
  FakeWorld world;
  Vendor vendor{world.clock.get()};
};

const std::map<std::string, int> kEachOnce = {
    {"{\"custom_id\":\"r0\"", 1}, {"{\"custom_id\":\"r1\"", 1}, {"{\"custom_id\":\"r2\"", 1}};

void results_are_delivered_without_real_time_disk_or_network(void**) {
  Simulation simulation(7);
  const std::int64_t began_ms = simulation.world.clock->now_ms();
  const auto router = simulation.open();
  const std::string job_id = simulation.submit(router.get());
  assert_true(Simulation::drain(router.get(), job_id) == kEachOnce);
  assert_true(router->close(0).ok());
  assert_int_equal(simulation.vendor.created, 1);
  assert_true(simulation.world.clock->now_ms() - began_ms >= kWorkMs);
  assert_true(simulation.world.database.jobs.at(job_id).done);
}

void same_seed_gives_the_same_ids(void**) {
  const auto first_id = [](std::uint64_t seed) {
    Simulation simulation(seed);
    return simulation.submit(simulation.open().get());
  };
  assert_true(first_id(7) == first_id(7));
  assert_false(first_id(7) == first_id(8));
}

void process_killed_while_the_vendor_works_pays_once(void**) {
  Simulation simulation(7);
  auto router = simulation.open();
  const std::string job_id = simulation.submit(router.get());
  const auto created = router->control().wait({job_id}, -1, [](const br::JobSnapshot& snapshot) {
    return !snapshot.job.batches.front().status.id.empty();
  });
  assert_true(created.ok());
  simulation.world.kill();
  assert_true(router->close(0).ok());
  router = simulation.open();
  assert_true(Simulation::drain(router.get(), job_id) == kEachOnce);
  assert_int_equal(simulation.vendor.created, 1);
}

void power_lost_after_submit_loses_nothing_and_pays_once(void**) {
  Simulation simulation(7);
  auto router = simulation.open();
  const std::string job_id = simulation.submit(router.get());
  simulation.world.crash();
  assert_true(router->close(0).ok());
  router = simulation.open();
  assert_true(Simulation::drain(router.get(), job_id) == kEachOnce);
  assert_int_equal(simulation.vendor.created, 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(results_are_delivered_without_real_time_disk_or_network),
      cmocka_unit_test(same_seed_gives_the_same_ids),
      cmocka_unit_test(process_killed_while_the_vendor_works_pays_once),
      cmocka_unit_test(power_lost_after_submit_loses_nothing_and_pays_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
