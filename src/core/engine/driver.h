// Driver: one way of talking to a vendor, for one part of a job: over HTTP, with a program on this machine, or through
// functions of the caller's. The engine asks for an operation and hears of its end as an event of the part; it never asks
// which way it is. Loop's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/protocol/outcome.h"
#include "core/protocol/step.h"
#include "model/error.h"
#include "providers/http_api.h"
#include "providers/provider.h"

namespace br {

class EngineCore;
class PartFetch;
class VendorHttp;

// A part of a job, by name: who holds one looks the part up, which may be gone.
struct PartKey {
  std::string job_id;
  std::size_t index = 0;
  auto operator<=>(const PartKey&) const = default;
};

// What a driver, and what fetches a part's results, is made with. All of it outlives them.
struct PartContext {
  EngineCore* core = nullptr;
  VendorHttp* http = nullptr;
  PartKey key;
  const Provider* provider = nullptr;
};

class Driver {
 public:
  virtual ~Driver() = default;
  // What is different about the protocol for this way of talking.
  virtual void tune(StepRules* rules) const = 0;

  // Ends with EngineCore::call_done or call_failed, unless it is stopped.
  virtual void call(Op op, const Account& account) = 0;
  virtual bool is_calling(Op op) const = 0;
  // A poll is under way whose answer may be older than the question that is put now: true, and another poll follows it.
  virtual bool poll_again() = 0;
  // Looks at the candidate that the part's search has come to. Ends with EngineCore::probed or probe_failed.
  virtual void probe(const Account& account) = 0;

  // What brings the results of the part's batch, which has ended.
  virtual std::vector<Download> sources(const Account& account) const = 0;
  // Brings the source that the part's fetch has come to, and tells it.
  virtual void bring(const Account& account) = 0;
  virtual void stop_bringing() = 0;

  // Calls under way come to nothing. What was asked of a vendor stays asked.
  virtual void stop() = 0;

  // One page of the vendor's own list; the part is not looked at.
  virtual void list(const Account& account, std::int64_t limit, std::function<void(Result<Outcome>)> done) = 0;
  // refused: called where the vendor has the file and keeps it; the router may be gone before that is known.
  using Refused = std::function<void(const Error& error)>;
  virtual void delete_file(const Account& account, const std::string& file_id, Refused refused) = 0;
};

// The driver for the way in which the provider is talked to.
std::shared_ptr<Driver> make_driver(PartContext context);

}  // namespace br
