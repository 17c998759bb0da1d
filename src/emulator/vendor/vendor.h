#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/base/clock.h"
#include "emulator/base/ids.h"
#include "emulator/base/options.h"
#include "emulator/batches/batches.h"
#include "emulator/batches/faults.h"
#include "emulator/batches/ledger_writer.h"
#include "emulator/batches/tenancy.h"
#include "emulator/http/exchange.h"
#include "emulator/vendor/aws_signature.h"
#include "emulator/vendor/service_account.h"

namespace br::emulator {

// What all vendors share; used by one thread at a time.
struct World {
  explicit World(const EmulatorOptions& given)
      : options(given),
        clock(given.speed),
        bodies(std::make_shared<BodyFile>(given.spill_dir)),
        ids(given.seed),
        aws(AwsKeyPair::all_of(given.aws_key)),
        service_account(given.service_account),
        batches(options, clock, ledger, bodies, call) {}

  int64_t now_s() const { return clock.now_ms() / 1000; }

  EmulatorOptions options;
  Clock clock;
  std::shared_ptr<BodyFile> bodies;
  Ids ids;
  std::vector<AwsKeyPair> aws;
  ServiceAccount service_account;
  LedgerWriter ledger;
  FaultScript faults;
  Tenancy tenancy;
  Call call;
  Batches batches;
  std::vector<std::unique_ptr<Batch>> unmade;  // until the call is over that a fault took them from
};

// A refusal before the vendor puts it into its own shape.
struct ApiError {
  int status = 400;
  std::string type = "invalid_request_error";
  std::string code;  // empty: null
  std::string message;
  std::string param;  // empty: null
};

// Path segments behind the vendor's base path.
using Path = std::span<const std::string>;

// One vendor's API, all of it behind one base path. One file per vendor; vendors.cc lists them.
class Vendor {
 public:
  virtual ~Vendor() = default;
  virtual std::string_view name() const = 0;
  // Such as "/v1"; what a client's base URL ends in.
  virtual std::string_view base_path() const = 0;
  virtual Opening begin(const RequestHead& head, Path path) = 0;
  virtual Reply refusal(const ApiError& error) const = 0;
  // The same in the words of that part of the API which the request is for.
  virtual Reply refusal_of(const RequestHead&, const ApiError& error) const { return refusal(error); }
};

// Every vendor, in the order of docs/emulator.md. `world` must outlive them.
std::vector<std::unique_ptr<Vendor>> make_vendors(World& world);
std::vector<std::string> vendor_names();

// A whole short body, then `use(body)`.
template <typename Use>
class BodyExchange : public Exchange {
 public:
  explicit BodyExchange(Use use) : use_(std::move(use)) {}
  void body(std::string_view piece) override {
    if (body_.size() < kMostBytes) body_ += piece;
  }
  Reply finish() override { return use_(body_); }

 private:
  static constexpr size_t kMostBytes = 1024 * 1024;
  Use use_;
  std::string body_;
};

template <typename Use>
Opening with_body(Use use) {
  return Opening::of(std::make_unique<BodyExchange<Use>>(std::move(use)));
}

// The most that a vendor takes.
struct Limits {
  int64_t requests = 50'000;
  int64_t batch_bytes = 200'000'000;
  int64_t file_bytes = 512'000'000;
};

// The vendor's own limits, or those of the options where they have some.
Limits limits_in_force(const EmulatorOptions& options, Limits own);

// Reads a number from `least` to `most` in a query; leaves `out` alone if it is not there, false if it is no such one.
bool query_number(const RequestHead& head, std::string_view name, int64_t least, int64_t most, int64_t& out);

// "http://HOST", as the client wrote it: for addresses that answers hold.
std::string origin_of(const RequestHead& head);

// A key that the options accept; the vendors differ only in where it is sent.
bool key_is_known(const EmulatorOptions& options, std::string_view key);

// The model exists at the vendor.
bool model_is_known(const EmulatorOptions& options, std::string_view model);

}  // namespace br::emulator
