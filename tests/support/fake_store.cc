#include "support/fake_store.h"

#include <algorithm>
#include <functional>

namespace br::test {
namespace {

class FakeStore : public Store {
 public:
  explicit FakeStore(FakeDatabase* database) : db_(database) {
    const std::lock_guard lock(db_->mutex);
    process_ = db_->process;
  }

  Result<void> insert(const Job& job, const Repeat* repeat) override {
    return write([&] {
      db_->jobs.emplace(job.id, job);
      if (repeat != nullptr) db_->repeats[job.id] = *repeat;
    });
  }
  Result<void> save_job(const Job& job) override {
    return write([&] {
      const auto found = db_->jobs.find(job.id);
      if (found == db_->jobs.end()) return;
      std::vector<RemoteBatch> batches = std::move(found->second.batches);
      found->second = job;
      found->second.batches = std::move(batches);
    });
  }
  Result<void> save_batches(const std::vector<RemoteBatch>& batches) override {
    return write([&] {
      for (const RemoteBatch& batch : batches) {
        const auto found = db_->jobs.find(batch.job_id);
        if (found == db_->jobs.end()) continue;
        for (RemoteBatch& kept : found->second.batches) {
          if (kept.part != batch.part) continue;
          const Progress progress = kept.progress;
          kept = batch;
          kept.progress = progress;
        }
      }
    });
  }
  Result<void> save_progress(std::string_view job_id, const std::vector<PartProgress>& progress) override {
    return write([&] {
      const auto found = db_->jobs.find(job_id);
      for (const PartProgress& each : progress) {
        if (found == db_->jobs.end()) return;
        for (RemoteBatch& kept : found->second.batches) {
          if (kept.part == each.part && kept.refetches == each.refetches) kept.progress = each.progress;
        }
      }
    });
  }
  Result<void> replace_results(const std::vector<RemoteBatch>& batches) override {
    return write([&] {
      for (const RemoteBatch& batch : batches) {
        const auto found = db_->jobs.find(batch.job_id);
        if (found == db_->jobs.end()) continue;
        for (RemoteBatch& kept : found->second.batches) {
          if (kept.part == batch.part) kept = batch;
        }
      }
    });
  }
  Result<void> remove(std::string_view job_id) override {
    return write([&] {
      if (const auto found = db_->jobs.find(job_id); found != db_->jobs.end()) db_->jobs.erase(found);
      if (const auto found = db_->repeats.find(job_id); found != db_->repeats.end()) db_->repeats.erase(found);
    });
  }
  Result<Job> load(std::string_view job_id) override {
    const std::lock_guard lock(db_->mutex);
    const auto found = db_->jobs.find(job_id);
    if (found == db_->jobs.end()) return no_such_job(job_id);
    return as_read(found->second);
  }
  Result<std::vector<std::string>> unsettled_ids() override {
    return ids_of([](const Job& job) { return !is_settled(job); });
  }
  Result<std::vector<Job>> list(std::string_view provider, std::int64_t limit) override {
    const std::lock_guard lock(db_->mutex);
    std::vector<Job> jobs;
    for (const Job* job : newest_first()) {
      if (limit > 0 && static_cast<std::int64_t>(jobs.size()) == limit) break;
      if (provider.empty() || job->provider == provider) jobs.push_back(as_read(*job));
    }
    return jobs;
  }
  Result<std::int64_t> count() override {
    const std::lock_guard lock(db_->mutex);
    return static_cast<std::int64_t>(db_->jobs.size());
  }
  Result<std::vector<std::string>> ids() override {
    return ids_of([](const Job&) { return true; });
  }
  Result<std::string> owner_of(std::string_view provider, std::string_view base_url,
                               std::string_view batch_id) override {
    const std::lock_guard lock(db_->mutex);
    for (const auto& [id, job] : db_->jobs) {
      for (const RemoteBatch& batch : job.batches) {
        const bool fits = batch.provider == provider && batch.base_url == base_url;
        if (fits && !batch_id.empty() && batch.status.id == batch_id) return id;
      }
    }
    return std::string();
  }
  Result<std::optional<Repeat>> repeat_of(std::string_view job_id) override {
    if (db_->at_repeat_of) db_->at_repeat_of();
    const std::lock_guard lock(db_->mutex);
    const auto found = db_->repeats.find(job_id);
    return found == db_->repeats.end() ? std::optional<Repeat>() : found->second;
  }
  Result<void> keep_repeat(std::string_view job_id, const Repeat& repeat) override {
    return write([&] { db_->repeats[std::string(job_id)] = repeat; });
  }
  Result<std::vector<std::string>> jobs_asking(const std::vector<std::string>& inputs, WhichJobs which) override {
    const std::lock_guard lock(db_->mutex);
    const auto asks = [&](const std::string& what) {
      return std::find(inputs.begin(), inputs.end(), what) != inputs.end();
    };
    std::vector<std::string> ids;
    for (const Job* job : newest_first()) {
      const auto found = db_->repeats.find(job->id);
      if (found == db_->repeats.end()) continue;
      const Repeat& repeat = found->second;
      if (!asks(repeat.input) && (repeat.requests.empty() || !asks(repeat.requests))) continue;
      if (which == WhichJobs::all || !is_settled(*job) || !repeat.told) ids.push_back(job->id);
    }
    return ids;
  }
  Result<std::vector<std::string>> jobs_without_repeat() override {
    const std::lock_guard lock(db_->mutex);
    std::vector<std::string> ids;
    for (const Job* job : newest_first()) {
      if (!db_->repeats.contains(job->id)) ids.push_back(job->id);
    }
    return ids;
  }
  Result<void> tell(const std::vector<std::string>& job_ids) override {
    return write([&] {
      for (const std::string& id : job_ids) {
        if (const auto found = db_->repeats.find(id); found != db_->repeats.end()) found->second.told = true;
      }
    });
  }

 private:
  Result<void> write(const std::function<void()>& change) {
    const std::lock_guard lock(db_->mutex);
    if (process_ != db_->process) return Error(Code::store, "the process of this store has ended");
    if (db_->write_error) return *db_->write_error;
    change();
    return {};
  }
  Result<std::vector<std::string>> ids_of(const std::function<bool(const Job&)>& fits) {
    const std::lock_guard lock(db_->mutex);
    std::vector<std::string> ids;
    for (const auto& [id, job] : db_->jobs) {
      if (fits(job)) ids.push_back(id);
    }
    return ids;
  }
  std::vector<const Job*> newest_first() const {
    std::vector<const Job*> jobs;
    for (const auto& [id, job] : db_->jobs) jobs.push_back(&job);
    std::sort(jobs.begin(), jobs.end(), [](const Job* a, const Job* b) {
      return a->created_ms != b->created_ms ? a->created_ms > b->created_ms : a->id > b->id;
    });
    return jobs;
  }
  // A job is done when all of its batches are, whichever record is older.
  static Job as_read(Job job) {
    job.done = job.done && std::all_of(job.batches.begin(), job.batches.end(), [](const RemoteBatch& batch) {
                 return batch.phase == Phase::collected;
               });
    return job;
  }

  FakeDatabase* db_;
  std::uint64_t process_ = 0;
};

}  // namespace

std::unique_ptr<Store> open_fake_store(FakeDatabase* database) { return std::make_unique<FakeStore>(database); }

}  // namespace br::test
