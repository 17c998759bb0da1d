#pragma once

#include <memory>
#include <string>

#include "batchrouter.h"
#include "gateway/head.h"

namespace br::gateway {

// One call to a vendor, with its whole body.
struct Call {
  std::string method;
  std::string url;
  std::string provider;
  Headers headers;  // without those that belong to the connection, and without ours
  std::string body;
  std::string cache;        // hit, once, off; empty: the gateway's
  bool repeated = false;    // the client says that it asks again
  bool configured = false;  // a key of the configuration pays, not the caller's
};

// Given back through the intake's thread, because that may wait for a disk.
using Answer = std::shared_ptr<br_answer>;

}  // namespace br::gateway
