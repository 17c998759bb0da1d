// One HTTP exchange of libcurl: its handle, its options, its body up and down.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/http.h"
#include "net/transport_options.h"
#include "net/secrets.h"
#include "sys/file.h"

namespace br {

template <class T, void (*Free)(T*)>
struct Deleter {
  void operator()(T* p) const { Free(p); }
};
using EasyHandle = std::unique_ptr<CURL, Deleter<CURL, curl_easy_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, Deleter<curl_slist, curl_slist_free_all>>;
using Mime = std::unique_ptr<curl_mime, Deleter<curl_mime, curl_mime_free>>;

// A file that goes up: as the body, or as a part of a form.
struct BodyFile {
  File file;
  std::uint64_t size = 0, at = 0;
};

// How much an exchange moved since a time; what is slower than kLeastSpeed over a whole stall time-out is broken off.
struct SpeedWindow {
  std::int64_t begin_us = 0, bytes = 0;
};

// One request on its way.
struct Exchange {
  std::uint64_t id = 0;
  HttpRequest request;
  BodySink sink;
  Transport::Done done;
  HttpResponse response;
  Secrets secrets;
  std::string kept, passed_on;  // of a bulk answer: what may begin a secret, and the block without secrets
  EasyHandle easy;
  HeaderList headers;
  std::optional<BodyFile> body_file;
  std::vector<std::unique_ptr<BodyFile>> form_files;
  Mime mime;  // reads form_files, so it goes first
  std::uint64_t body_size = 0, body_at = 0;  // of prefix, file and suffix together
  std::size_t header_bytes = 0;
  std::int64_t stall_timeout_ms = 0;
  FileSystem* files = nullptr;
  bool small_buffers = false;  // many are under way
  SpeedWindow speed;
  std::array<char, CURL_ERROR_SIZE> detail{};
  bool in_multi = false, sink_refused = false, too_large = false, too_slow = false;
};

// A file goes up, or results come down.
bool is_large(const HttpRequest& request);

enum class Prepared : std::uint8_t {
  ready,
  unreadable,      // the file that is its body cannot be read
  no_descriptors,  // there is none left to open that file with; it can be prepared again later
};

// Makes the handle ready to run. The exchange must not move any more. Throws where memory is short.
Prepared prepare_exchange(Exchange* exchange, const TransportOptions& options);

// The answer is whole: what was kept of it goes to the sink. false: the sink refused.
bool pass_on_rest(Exchange* exchange);

}  // namespace br
