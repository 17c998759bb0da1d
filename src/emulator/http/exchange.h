#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/base/body_file.h"

namespace br::emulator {

// The head of a request, taken apart.
struct RequestHead {
  std::string method;
  std::string path;                                        // without the query
  std::vector<std::string> segments;                       // of the path, percent-decoded
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  std::vector<std::pair<std::string, std::string>> headers;
  int64_t content_length = -1;  // -1: chunked or none

  // The first header of that name, whatever its case; empty if there is none.
  std::string_view header(std::string_view name) const;
  const std::string* query_value(std::string_view name) const;
};

// Splits a request target into path, segments and query.
void parse_target(std::string_view target, RequestHead& out);

bool equal_ignoring_case(std::string_view a, std::string_view b);

// How a reply goes out; all but kWhole are scripted misbehaviour.
enum class Delivery {
  kWhole,
  kReset,      // not a byte; the connection ends with a TCP reset
  kTruncated,  // the head and the first `amount` bytes of the body, then the connection ends
  kSlow,       // `amount` bytes a second
  kHang,       // nothing, until the client gives up
};

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<const Blob> blob;  // sent instead of `body`, piece by piece
  int64_t blob_from = 0;             // of its bytes, the first that is sent
  Delivery delivery = Delivery::kWhole;
  int64_t amount = 0;
  int64_t delay_ms = 0;  // of the machine's clock, before the first byte

  int64_t body_bytes() const { return blob ? blob->size() - blob_from : static_cast<int64_t>(body.size()); }
};

// One request on its way: the body comes in pieces, then finish() does the work and answers. Dropping it without
// finish() leaves no trace, as a vendor that never got the whole request.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual void body(std::string_view piece) = 0;
  virtual Reply finish() = 0;
};

// What the head of a request leads to: an exchange that wants the body, or an answer that needs none.
struct Opening {
  std::unique_ptr<Exchange> exchange;
  Reply reply;          // where there is no exchange
  bool unread = false;  // the reply goes out without the body being read

  static Opening of(std::unique_ptr<Exchange> exchange) { return {std::move(exchange), {}, false}; }
  static Opening answered(Reply reply) { return {nullptr, std::move(reply), false}; }
};

// Whoever answers requests.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Opening begin(const RequestHead& head) = 0;
  // Does a few milliseconds of work in the background; returns in how many milliseconds there is more, -1 for none.
  virtual int64_t work() = 0;
  // The time that answers are dated by.
  virtual int64_t now_ms() const = 0;
};

}  // namespace br::emulator
