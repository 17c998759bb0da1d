#pragma once

#include <memory>
#include <string>
#include <vector>

#include "emulator/http/exchange.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

// Brings each request to its vendor by its path, and lets the scripted faults have their way with it. The paths under
// /__emulator are for the test that drives the emulator: ledger, faults, tenants, advance.
class Dispatcher : public Handler {
 public:
  // Throws std::system_error if there can be no body file.
  explicit Dispatcher(const EmulatorOptions& options) : world_(options), vendors_(make_vendors(world_)) {}

  Opening begin(const RequestHead& head) override;
  int64_t work() override { return world_.batches.work(); }
  int64_t now_ms() const override { return world_.clock.now_ms(); }

  // Null for an unknown vendor.
  const Vendor* vendor(std::string_view name) const;
  // The ledger as of now.
  Ledger ledger() const;
  World& world() { return world_; }

 private:
  // `head` is the vendor's; its path goes on behind `base_size` segments.
  Opening begin_call(Vendor& vendor, RequestHead head, size_t base_size);
  Opening begin_control(const RequestHead& head);
  Reply add_faults(const std::string& text);
  Reply add_tenants(const std::string& text);

  World world_;
  std::vector<std::unique_ptr<Vendor>> vendors_;
};

}  // namespace br::emulator
