#include "emulator/emulator.h"

#include <exception>
#include <mutex>
#include <utility>

#include "emulator/http/server.h"
#include "emulator/vendor/dispatcher.h"

namespace br::emulator {

struct Emulator::Impl {
  explicit Impl(const EmulatorOptions& options) : dispatcher(options), server(dispatcher, gate) {}

  std::mutex gate;  // guards the dispatcher and all below it
  Dispatcher dispatcher;
  Server server;
};

Emulator::Emulator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Emulator::~Emulator() { stop(); }

std::unique_ptr<Emulator> Emulator::start(const EmulatorOptions& options, std::string& error) {
  std::unique_ptr<Impl> impl;
  try {
    impl = std::make_unique<Impl>(options);
    if (!impl->server.start(options.port, error)) return nullptr;
  } catch (const std::exception& problem) {
    error = "emulator cannot start: " + std::string(problem.what());
    return nullptr;
  }
  return std::unique_ptr<Emulator>(new Emulator(std::move(impl)));
}

uint16_t Emulator::port() const { return impl_->server.port(); }

std::string Emulator::base_url(std::string_view vendor) const {
  const Vendor* const found = impl_->dispatcher.vendor(vendor);
  if (found == nullptr) return {};
  return "http://127.0.0.1:" + std::to_string(port()) + std::string(found->base_path());
}

std::string Emulator::service_account() {
  const std::lock_guard lock(impl_->gate);
  return impl_->dispatcher.world().service_account.json("http://127.0.0.1:" + std::to_string(port()));
}

std::vector<std::string> Emulator::vendors() { return vendor_names(); }

Ledger Emulator::ledger() {
  const std::lock_guard lock(impl_->gate);
  return impl_->dispatcher.ledger();
}

std::string Emulator::add_fault(const Fault& fault) {
  std::string problem = fault.problem();
  if (!problem.empty()) return problem;
  const std::lock_guard lock(impl_->gate);
  impl_->dispatcher.world().faults.add(fault);
  return {};
}

void Emulator::clear_faults() {
  const std::lock_guard lock(impl_->gate);
  impl_->dispatcher.world().faults.clear();
}

std::string Emulator::add_tenant(const std::string& line) {
  std::string problem;
  const std::lock_guard lock(impl_->gate);
  impl_->dispatcher.world().tenancy.add(line, problem);
  return problem;
}

void Emulator::advance_ms(int64_t ms) {
  {
    const std::lock_guard lock(impl_->gate);
    impl_->dispatcher.world().clock.advance(ms);
  }
  impl_->server.kick();
}

void Emulator::stop() { impl_->server.stop(); }

}  // namespace br::emulator
