#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/emulator.h"
#include "emulator/exchange.h"

namespace br::emulator {

// A number among the fault's values, or what it is without one.
int64_t fault_number(const Fault& fault, const char* name, int64_t otherwise);
double fault_share(const Fault& fault, const char* name, double otherwise);
std::string fault_text(const Fault& fault, const char* name, std::string_view otherwise);

// Whether a fault of that kind lets the request do its work before the answer is spoilt.
bool fault_executes(const Fault& fault);

// The script of misbehaviour: which fault hits which request. Used by one thread.
class FaultScript {
 public:
  void add(const Fault& fault) { entries_.push_back({fault, 0}); }
  void clear() { entries_.clear(); }

  // Counts the request on every route it matches and returns the first fault that is due.
  std::optional<Fault> on_request(const RequestHead& head);
  // Counts the batch and returns all faults that are due for it.
  std::vector<Fault> on_batch();

 private:
  struct Entry {
    Fault fault;
    int64_t seen;
  };
  static bool due(Entry& entry);

  std::vector<Entry> entries_;
};

}  // namespace br::emulator
