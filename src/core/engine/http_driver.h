// HttpDriver: talks to a vendor over its HTTP API.
#pragma once

#include <memory>

#include "core/engine/driver.h"
#include "core/engine/http_calls.h"
#include "core/engine/http_download.h"
#include "core/engine/http_probe.h"

namespace br {

class HttpDriver : public Driver {
 public:
  explicit HttpDriver(PartContext context);
  void tune(StepRules*) const override {}
  void call(Op op, const Account& account) override { calls_->call(op, account); }
  bool is_calling(Op op) const override { return calls_->is_calling(op); }
  bool poll_again() override { return calls_->poll_again(); }
  void probe(const Account& account) override { probe_->probe(account); }
  std::vector<Download> sources(const Account& account) const override;
  void bring(const Account& account) override { download_->bring(account); }
  void stop_bringing() override { download_->stop(); }
  void stop() override;
  void list(const Account& account, std::int64_t limit, std::function<void(Result<Outcome>)> done) override;
  void delete_file(const Account& account, const std::string& file_id, Refused refused) override;

 private:
  const PartContext c_;
  // Shared with nobody: what they have sent holds them weakly, and comes to nothing when they are gone.
  const std::shared_ptr<HttpCalls> calls_;
  const std::shared_ptr<HttpProbe> probe_;
  const std::shared_ptr<HttpDownload> download_;
};

}  // namespace br
