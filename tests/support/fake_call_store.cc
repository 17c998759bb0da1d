#include "support/fake_call_store.h"

#include <algorithm>
#include <utility>

namespace br::test {
namespace {

class FakeCallStore : public CallStore {
 public:
  explicit FakeCallStore(FakeCallDatabase* database) : db_(database) {
    const std::lock_guard lock(db_->mutex);
    process_ = db_->process;
  }

  Result<void> apply(const CallChanges& changes) override {
    const std::lock_guard lock(db_->mutex);
    if (process_ != db_->process) return Error(Code::store, "the process was killed");
    if (db_->write_error) return *db_->write_error;
    for (const CallBatch& batch : changes.batches) db_->batches[batch.id] = batch;
    for (const CapturedCall& call : changes.calls) db_->calls[call.id] = call;
    for (const std::int64_t id : changes.removed_calls) db_->calls.erase(id);
    for (const std::int64_t id : changes.removed_batches) {
      std::erase_if(db_->calls, [id](const auto& entry) { return entry.second.answer.batch == id; });
      db_->batches.erase(id);
    }
    if (!db_->calls.empty()) db_->last_call = std::max(db_->last_call, db_->calls.rbegin()->first);
    if (!db_->batches.empty()) db_->last_batch = std::max(db_->last_batch, db_->batches.rbegin()->first);
    return {};
  }
  Result<std::vector<CapturedCall>> open_calls() override {
    const std::lock_guard lock(db_->mutex);
    std::vector<CapturedCall> open;
    for (const auto& [id, call] : db_->calls) {
      if (call.state != CallState::delivered) open.push_back(call);
    }
    return open;
  }
  Result<std::vector<CallBatch>> open_batches() override {
    const std::lock_guard lock(db_->mutex);
    std::vector<CallBatch> open;
    for (const auto& [id, batch] : db_->batches) {
      if (batch.state != CallBatchState::ended) open.push_back(batch);
    }
    return open;
  }
  Result<std::vector<CapturedCall>> answers(std::string_view identity, std::int64_t since_ms) override {
    const std::lock_guard lock(db_->mutex);
    std::vector<CapturedCall> found;
    for (const auto& [id, call] : db_->calls) {
      const bool serves = call.state == CallState::delivered && call.succeeded() && call.created_ms >= since_ms;
      if (serves && call.identity == identity) found.push_back(call);
    }
    std::sort(found.begin(), found.end(),
              [](const CapturedCall& a, const CapturedCall& b) { return a.used_ms < b.used_ms; });
    return found;
  }
  Result<std::vector<CallBatch>> ended_batches(std::int64_t before_ms) override {
    const std::lock_guard lock(db_->mutex);
    std::vector<CallBatch> ended;
    for (const auto& [id, batch] : db_->batches) {
      if (batch.state == CallBatchState::ended && batch.created_ms < before_ms) ended.push_back(batch);
    }
    return ended;
  }
  Result<std::int64_t> last_call() override {
    const std::lock_guard lock(db_->mutex);
    return db_->last_call;
  }
  Result<std::int64_t> last_batch() override {
    const std::lock_guard lock(db_->mutex);
    return db_->last_batch;
  }
  Result<std::string> salt(const std::string& fresh) override {
    const std::lock_guard lock(db_->mutex);
    if (db_->salt.empty()) db_->salt = fresh;
    return db_->salt;
  }

 private:
  FakeCallDatabase* const db_;
  std::uint64_t process_ = 0;
};

}  // namespace

std::unique_ptr<CallStore> open_fake_call_store(FakeCallDatabase* database) {
  return std::make_unique<FakeCallStore>(database);
}

}  // namespace br::test
