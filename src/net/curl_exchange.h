// One HTTP exchange of libcurl: its handle, its options, its body up and down.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "net/curl_transport.h"
#include "sys/file.h"

namespace br {

template <class T, void (*Free)(T*)>
struct Deleter {
  void operator()(T* p) const { Free(p); }
};
using EasyHandle = std::unique_ptr<CURL, Deleter<CURL, curl_easy_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, Deleter<curl_slist, curl_slist_free_all>>;
using Mime = std::unique_ptr<curl_mime, Deleter<curl_mime, curl_mime_free>>;

// One request on its way.
struct Exchange {
  std::uint64_t id = 0;
  HttpRequest request;
  BodySink sink;
  Transport::Done done;
  HttpResponse response;
  EasyHandle easy;
  HeaderList headers;
  Mime mime;
  std::optional<File> body_file;
  std::uint64_t body_size = 0, body_at = 0;  // of prefix, file and suffix together
  std::uint64_t file_size = 0;
  std::size_t header_bytes = 0;
  bool in_multi = false, sink_refused = false, too_large = false;
};

// A file goes up, or results come down.
bool is_large(const HttpRequest& request);

// Makes the handle ready to run. false: the file that is its body cannot be read. The exchange must not move any more.
bool prepare_exchange(Exchange* exchange, const TransportOptions& options);

// The status of the answer so far; 0 before there is one.
long status_of(const Exchange& exchange);

// What `code`, the end of the exchange, means.
Failure failure_of(const Exchange& exchange, CURLcode code);

}  // namespace br
