#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/batches/tenancy.h"
#include "emulator/batches/fault.h"
#include "emulator/http/exchange.h"

namespace br::emulator {

// A number among the fault's values, or what it is without one.
int64_t fault_number(const Fault& fault, const char* name, int64_t otherwise);
double fault_share(const Fault& fault, const char* name, double otherwise);
std::string fault_text(const Fault& fault, const char* name, std::string_view otherwise);

// The strangers that a fault of the kind look_alikes or stranger_instead brings.
LookAlikes look_alikes_of(const Fault& fault, bool instead);

// What hits one request.
struct RequestFaults {
  std::vector<Fault> bends;     // change what is asked or how much is shown; any number at once
  std::optional<Fault> spoils;  // the first that changes the answer
  bool any() const { return spoils.has_value() || !bends.empty(); }
};

// Whether a fault of that kind lets the request do its work before the answer is spoilt.
bool fault_executes(const Fault& fault);

// The script of misbehaviour: which fault hits which request. Used by one thread.
class FaultScript {
 public:
  void add(const Fault& fault) { entries_.push_back({fault, 0}); }
  void clear() { entries_.clear(); }

  // How many batches of the caller's run at the moment, asked only where a fault depends on it.
  using Running = std::function<int64_t()>;

  // Counts the request on every route it matches and returns the faults that are due.
  RequestFaults on_request(const RequestHead& head, const Running& running);
  // Counts the batch and returns all faults that are due for it.
  std::vector<Fault> on_batch(const Running& running);

 private:
  struct Entry {
    Fault fault;
    int64_t seen;
  };
  static bool due(Entry& entry, const Running& running);

  std::vector<Entry> entries_;
};

}  // namespace br::emulator
