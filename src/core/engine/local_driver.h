// LocalDriver: has a program on this machine work on the batch. Every operation ends at once.
#pragma once

#include "core/engine/driver.h"

namespace br {

class LocalDriver : public Driver {
 public:
  explicit LocalDriver(PartContext context) : c_(std::move(context)) {}
  void tune(StepRules* rules) const override;
  void call(Op op, const Account& account) override;
  bool is_calling(Op) const override { return false; }
  bool poll_again() override { return false; }
  void probe(const Account& account) override;
  std::vector<Download> sources(const Account& account) const override;
  void bring(const Account& account) override;
  void stop_bringing() override {}
  void stop() override {}
  void list(const Account& account, std::int64_t limit, std::function<void(Result<Outcome>)> done) override;
  void delete_file(const Account&, const std::string&, Refused) override {}

 private:
  const PartContext c_;
};

}  // namespace br
