// BatchRunner: brings sealed batches to the vendors as jobs of the router, and turns their results into answers. One
// thread uses it: the capture's own.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "capture/answer_pass.h"
#include "capture/answer_queue.h"
#include "capture/answers.h"
#include "capture/batch_history.h"
#include "capture/call_files.h"
#include "capture/intake.h"
#include "capture/open_calls.h"
#include "capture/settings.h"
#include "core/router/router.h"
#include "store/call_store.h"

namespace br {

class BatchRunner {
 public:
  struct Parts {
    Router* router;
    const CaptureSettings* settings;
    CallFiles* files;
    CallStore* store;
    OpenCalls* open;
    AnswerQueue* answers;
    Intake* intake;
  };
  explicit BatchRunner(const Parts& parts) : p_(parts) {}
  BatchRunner(const BatchRunner&) = delete;
  BatchRunner& operator=(const BatchRunner&) = delete;

  // Batches of earlier processes, sealed or submitted.
  void take_over(const std::vector<CallBatch>& batches);
  // Does what is due now.
  void turn();
  // Something is due: an ended job, a key that came.
  bool is_due();
  // When it should be looked at again at the latest; -1: when something happens.
  std::int64_t next_due_ms() const;
  // Nothing is left that is not at a vendor.
  bool has_unsent() const { return !unsent_.empty(); }
  // Batches that wait or run, for those who look.
  struct View {
    CallBatch batch;
    bool waits_for_key = false;
  };
  std::vector<View> views();
  const BatchHistory& history() const { return history_; }

 private:
  struct Running {
    CallBatch batch;
    QueueKey key;
    AnswerForm form = AnswerForm::openai;
    std::optional<Error> failure;  // why its calls get no answer of the vendor's
    std::int64_t again_at_ms = -1;  // not before then; -1: it goes on by itself
    int failures = 0;               // of ours, one after the other
    bool waits_for_key = false;
    bool is_inherited = false;  // submitted by an earlier process
  };
  std::optional<Running> running_of(const CallBatch& batch);
  void submit_all();
  bool submit(Running* running);
  bool refused(Running* running, const Error& error);
  Result<void> cut_or_refuse(Running* running, const Error& error);
  bool try_later(Running* running);
  bool has_room() const;
  void look_at_running();
  void look_at_blocked(Running* running, const Job& job);
  void go_on_after_keys();
  bool has_key(const Running& running) const;
  Result<void> finish(Running* running, const Job& job);
  AnswerPass pass_over(const Running& running) const;
  Result<void> read_results(const Job& job, AnswerPass* pass);
  Result<void> answer_all(Running* running, int status, const std::string& body);
  Result<void> put_in_halves(Running* running, const std::vector<CapturedCall>& calls);
  Result<void> put_on(Running* running, const std::vector<CapturedCall>& calls);
  Result<void> end(Running* running);
  std::vector<CapturedCall> calls_of(std::int64_t batch);
  std::int64_t now_ms() const { return p_.router->world().clock->now_ms(); }

  void remember(const Running& running, const Job& job);

  const Parts p_;
  BatchHistory history_;
  std::deque<Running> unsent_;               // sealed, the oldest first
  std::map<std::int64_t, Running> running_;  // by batch
  std::int64_t submit_again_ms_ = -1;        // after a failure of ours
  Mutex views_mutex_;
  std::vector<View> views_ GUARDED_BY(views_mutex_);
};

}  // namespace br
