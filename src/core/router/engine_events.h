// EngineEvents: brings what the engine tells to the parts of the router that it is for.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "core/engine/engine.h"
#include "core/jobs/event_queue.h"
#include "core/jobs/job_table.h"
#include "core/jobs/monitor.h"
#include "core/router/outbox.h"

namespace br {

class EngineEvents : public EngineListener {
 public:
  EngineEvents(Monitor* monitor, EventQueue* events) : monitor_(monitor), events_(events) {}
  // Before the engine has its first job.
  void connect(JobTable* jobs, Outbox* outbox) {
    jobs_ = jobs;
    outbox_ = outbox;
  }

  void job_changed(SnapshotRef snapshot) override { jobs_->publish(std::move(snapshot)); }
  void job_event(std::int32_t event, const Job& job, const RemoteBatch* batch, const std::string& text) override;
  void results_grew(const std::string& job_id) override { outbox_->grew(job_id); }
  void external_work(ExternalWork work) override { events_->call_provider(std::move(work)); }
  void store_failed(const Error& error) override { monitor_->fail(error); }
  void vendor_called(const std::string& line) override;

  std::int64_t retries() const { return retries_; }

 private:
  Monitor* const monitor_;
  EventQueue* const events_;
  JobTable* jobs_ = nullptr;
  Outbox* outbox_ = nullptr;
  std::atomic<std::int64_t> retries_{0};
};

}  // namespace br
