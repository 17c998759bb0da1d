// Capability: the limits and abilities of one provider. Plain values, each from the vendor's documentation.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/request.h"

namespace br {

// How a restart finds out whether a create call without an answer went through.
enum class Marker : std::uint8_t { none, input_file, metadata, display_name, idempotency_key };

struct Capability {
  const char* title = "";            // "OpenAI"
  const char* docs = "";             // where the vendor describes its batch API
  std::int64_t max_requests = 0;     // per remote batch; 0: no stated limit
  std::int64_t min_requests = 0;     // per remote batch
  std::int64_t max_bytes = 0;        // of the request file; 0: no stated limit
  std::int64_t max_line_bytes = 0;   // of one request line; 0: no stated limit
  std::int32_t max_custom_id = 0;    // characters; 0: no stated limit
  bool file_mode = true;
  bool inline_mode = false;
  bool one_model_per_batch = true;
  bool one_endpoint_per_batch = true;
  bool can_cancel = true;
  bool can_list = true;
  bool partial_results = true;       // finished rows of an expired or cancelled batch can be fetched
  bool needs_key = true;
  bool local = false;                // runs on this machine, no HTTP
  bool external = false;             // functions of the caller do its work, on the caller's threads
  Marker marker = Marker::input_file;
  std::int64_t window_hours = 24;    // completion window
  std::int64_t retention_days = 30;  // how long results can be fetched
  int discount_percent = 50;
  bool caches_when_asked = false;     // prompts are written to a cache only where the request has a mark
  std::int64_t max_inputs = 0;        // texts that one request embeds; 0: no stated limit
  std::int64_t max_batch_inputs = 0;  // and all requests of a batch together
  std::vector<Endpoint> endpoints = {Endpoint::chat};
  // The paths of its batch API, each with a raw body; `endpoints` are those of them that the unified fields know.
  std::vector<EndpointPath> paths;
  LineForm line_form = LineForm::openai;  // the vendor's own batch line
  bool model_in_body = true;  // of a raw body; false: the address or the create call names it for all requests

  // A vendor that has OpenAI's paths.
  void set_paths(std::vector<EndpointPath> all) {
    paths = std::move(all);
    endpoints.clear();
    for (const EndpointPath& each : paths) {
      if (each.endpoint != Endpoint::other) endpoints.push_back(each.endpoint);
    }
  }
};

}  // namespace br
