// Intake: reads a batch's requests once, streaming: validate, route, encode, and hand each line to where it goes.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/config.h"
#include "core/requests/id_table.h"
#include "core/world.h"
#include "model/error.h"
#include "model/job.h"
#include "providers/provider.h"

namespace br {

// Where lines come from: a file that was opened when it was added, or memory.
struct RequestSource {
  std::string name;  // for messages
  std::string path;  // empty: memory
  std::string text;
};

// A batch as its caller builds it.
struct BatchSpec {
  std::string provider;
  std::string name;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<RequestSource> sources;
  bool captured = false;  // its requests are captured calls (src/capture), which takes the results itself
};

// One checked and encoded request.
struct EncodedRequest {
  const Request& request;    // with the id that goes over the wire
  std::string_view id_json;  // the caller's custom_id as a JSON string
  std::string_view wire_id;  // what stands for it on the wire; empty: itself
  std::string_view account;  // which of several keys of the provider
  std::uint64_t number = 0;  // in the job, from 1
  std::string_view unified;  // the line as it came
  std::string_view native;   // the vendor's line, newline included
  const Capability& limits;  // what the vendor takes in one batch
  std::int64_t inputs = 0;   // texts to embed, where the vendor limits them
};

class RequestSink {
 public:
  virtual ~RequestSink() = default;
  // Where requests are encoded, each behind what is there; what add() is not called with is taken away again. nullptr:
  // the reader has a buffer of its own, one request at a time.
  virtual std::string* buffer() { return nullptr; }
  // Whether lines of vendors' own keep the ids that they have, whatever the vendor or we would rather have on the wire.
  virtual bool keeps_ids() const { return false; }
  virtual Result<void> add(const Provider& provider, const EncodedRequest& request) = 0;
};

struct IntakeReport {
  std::int64_t requests = 0;
  std::vector<const Provider*> providers;  // in the order of their first request
  std::vector<std::string> warnings;
};

// Every wrong line is reported (Code::input, the first hundred in Error::issues), and the sink gets no line once one
// was wrong. Each provider that is missing is such a line, the first that needs it; Code::no_provider where nothing
// else is wrong. Code::io or the sink's error end the reading at once. all_ids: where the ids of several batches are
// collected, with the number of the request behind those that were there. id_tag: what Marker::none vendors get in
// every id; empty where no batch is made of the lines.
Result<IntakeReport> read_requests(const World& world, const Config& config, const BatchSpec& spec, RequestSink* sink,
                                   IdTable* all_ids = nullptr, std::string_view id_tag = {});

}  // namespace br
