// Capture: takes single HTTP calls, answers them from batches. What stands behind a br_capture. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "capture/answer_queue.h"
#include "capture/batch_runner.h"
#include "capture/call_files.h"
#include "capture/call_writer.h"
#include "capture/classify.h"
#include "capture/dry_run.h"
#include "capture/http_call.h"
#include "capture/intake.h"
#include "capture/open_calls.h"
#include "capture/settings.h"
#include "core/router/router.h"
#include "store/call_store.h"

namespace br {

class Capture : public std::enable_shared_from_this<Capture> {
 public:
  // Goes on with the calls of earlier processes. Code::already where the router has a capture.
  static Result<std::shared_ptr<Capture>> open(std::shared_ptr<Router> router);
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  // The ticket of each call, 0 for one that is to be passed through. On disk when it returns.
  Result<std::vector<std::int64_t>> take(const std::vector<HttpCall>& calls);
  // Nobody waits any more. Code::not_found where the answer was taken.
  Result<void> leave(std::int64_t ticket);
  // The next answer of a call without AnswerFn; nothing: none within the time. Wait::ended: closed, and none will come.
  Result<Wait> next(std::int64_t timeout_ms, std::optional<TakenAnswer>* answer);
  // It reached its caller whole.
  void delivered(const TakenAnswer& answer);
  // The caller that took it did not get it whole.
  void returned(const TakenAnswer& answer);

  // Every queue leaves now.
  void flush();
  // Takes no calls any more, submits what was collected, and waits for that. Ends the thread.
  Result<void> close(std::int64_t timeout_ms);
  bool is_forked() const { return router_->is_forked(); }

  std::string stats_json();
  // Empty: there is no such ticket.
  std::string call_json(std::int64_t ticket);
  const CaptureSettings& settings() const { return settings_; }

 private:
  explicit Capture(std::shared_ptr<Router> router);
  Result<void> start();
  void know_configured_keys(const std::vector<CallBatch>& batches);
  void run();
  void turn();
  void seal();
  std::int64_t next_due_ms();
  std::int64_t wait_ms(std::int64_t next_due_ms);
  void put_off_all(const std::string& why);
  void save_deliveries();
  void remove_old();
  void hand_out();
  TakenAnswer hand_over(ReadyAnswer ready);
  void forget(std::int64_t call);

  const std::shared_ptr<Router> router_;
  const CaptureSettings settings_;
  CallFiles files_;
  std::unique_ptr<CallStore> store_;
  OpenCalls open_;
  AnswerQueue answers_;
  DryRun dry_run_;
  std::unique_ptr<Classifier> classifier_;
  std::unique_ptr<CallWriter> writer_;
  std::unique_ptr<Intake> intake_;
  std::unique_ptr<BatchRunner> runner_;
  std::atomic<bool> closed_{false}, stop_{false}, flush_{false}, is_idle_{false};
  std::atomic<bool> ended_{false};  // the thread has ended, and told whoever waited
  // The thread's, as are the next three.
  std::int64_t removed_at_ms_ = 0;
  std::int64_t seal_again_ms_ = 0;  // after a failure of the disk
  int seals_failed_ = 0;            // one after the other
  bool flush_again_ = false;        // what was to leave at once could not: it does not wait for its window
  Mutex deliveries_mutex_;
  std::vector<std::int64_t> deliveries_ GUARDED_BY(deliveries_mutex_);  // calls, not yet on disk
  Mutex closing_;
  std::thread thread_;
};

}  // namespace br
