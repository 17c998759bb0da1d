// CallbackDriver: has functions of the caller's talk to the vendor. They run on threads of the caller's (ExternalWork);
// their answers come back through ExternalAnswers, to the loop's thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "core/engine/driver.h"

namespace br {

class CallbackDriver : public Driver, public std::enable_shared_from_this<CallbackDriver> {
 public:
  explicit CallbackDriver(PartContext context) : c_(std::move(context)) {}
  void tune(StepRules* rules) const override;
  void call(Op op, const Account& account) override;
  bool is_calling(Op op) const override { return calls_.contains(op); }
  bool poll_again() override { return false; }
  void probe(const Account& account) override;
  std::vector<Download> sources(const Account&) const override { return std::vector<Download>(1); }
  void bring(const Account& account) override;
  void stop_bringing() override {}
  void stop() override { calls_.clear(); }
  void list(const Account& account, std::int64_t limit, std::function<void(Result<Outcome>)> done) override;
  void delete_file(const Account&, const std::string&, Refused) override {}

 private:
  void answered(Op op, std::uint64_t number, Result<Outcome> outcome);
  void fetched(const std::string& path, Result<void> written);

  const PartContext c_;
  // Under way, or waiting for a thread, by the call's number: one that was stopped may still come to an end, after
  // the next of its operation was begun, and its answer is then nobody's.
  std::map<Op, std::uint64_t> calls_;
  std::uint64_t last_call_ = 0;
  bool is_fetching_ = false;  // likewise, a fetch
};

}  // namespace br
