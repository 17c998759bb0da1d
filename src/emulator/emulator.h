// The emulator as programs use it: the vendors' batch APIs on a loopback port, and the ledger of what was asked of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/base/options.h"
#include "emulator/batches/fault.h"
#include "emulator/batches/ledger.h"

namespace br::emulator {

// The batch APIs of the vendors on a loopback port, served by a thread of its own.
// Every member function may be called from any thread.
class Emulator {
 public:
  // Returns a server that already listens; null, with `error` saying why, if there is no port or no body file.
  static std::unique_ptr<Emulator> start(const EmulatorOptions& options, std::string& error);
  // Stops, as stop() does.
  ~Emulator();
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  uint16_t port() const;
  // What a client of that vendor takes as its base URL ("openai": http://127.0.0.1:PORT/v1, "anthropic":
  // http://127.0.0.1:PORT/anthropic); empty for an unknown one.
  std::string base_url(std::string_view vendor) const;
  static std::vector<std::string> vendors();
  // The key file of the service account that vertex knows, in JSON.
  std::string service_account();

  Ledger ledger();
  // Returns what is wrong with the fault, empty if it is in force from now on.
  std::string add_fault(const Fault& fault);
  void clear_faults();
  // One line about whose key is whose. Returns what is wrong with it, empty if it is in force from now on.
  std::string add_tenant(const std::string& line);
  // Moves the virtual clock forward.
  void advance_ms(int64_t ms);
  // Closes the port and every connection and joins the thread. Further calls do nothing.
  void stop();

 private:
  struct Impl;
  explicit Emulator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace br::emulator
