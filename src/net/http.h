// HTTP as values, and the Transport that moves them. Providers make HttpRequests and read HttpResponses; only
// net/curl_transport sends them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace br {

struct Header {
  std::string name;
  std::string value;
  bool secret = false;  // never logged; removed when the address is not the account's own origin
};

// One part of a multipart/form-data body; a file part is streamed from disk.
struct FormPart {
  std::string name;
  std::string value;      // inline content, when path is empty
  std::string path;       // file content
  std::string filename;
  std::string content_type;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<Header> headers;
  void add_header(std::string name, std::string value) { headers.push_back({std::move(name), std::move(value), false}); }
  void add_secret_header(std::string name, std::string value) {
    headers.push_back({std::move(name), std::move(value), true});
  }
  std::string body;             // inline body
  std::string body_path;        // body streamed from a file
  std::string body_prefix, body_suffix;  // around body_path
  bool join_lines = false;      // body_path holds lines; commas take the place of the newlines between them
  std::vector<FormPart> form;   // multipart body
  // Beside the secret headers: what must not come back out of the answer, in whatever form it is echoed.
  std::vector<std::string> secrets;
  // Whose exchange it is: so many of one account are under way at a time. Empty: one lane for all of these.
  std::string lane;
  // A bulk download: no limit on the size, the body goes to the sink and is not kept.
  bool bulk = false;
  // A control answer that may hold results, and so be larger than others.
  bool large_answer = false;
};

// How far an exchange came that brought no complete answer.
enum class Failure : std::uint8_t {
  none,           // an answer was read completely
  not_connected,  // nothing was sent: refused, no route, no name
  tls,            // the certificate or the protocol was not acceptable; nothing was sent
  proxy,          // a proxy refused to let it through; nothing was sent
  broken,         // lost on the way: what the server did is not known
  too_large,      // the answer is larger than a control answer may be
  local,          // a file of ours could not be read or written
  no_descriptors, // too many open files: nothing was sent, and another time there may be one less
};

// What an exchange brought. The transport has removed the secrets of the request from every part of it.
struct HttpResponse {
  int status = 0;
  Failure failure = Failure::none;
  std::string failure_text;  // for people: whom it wanted to reach, and why that failed
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::string_view header(std::string_view lower_name) const;
  bool ok() const { return failure == Failure::none && status >= 200 && status < 300; }
};

// Takes the body of a bulk download as it comes; head: status and headers. false aborts the exchange (Failure::local).
using BodySink = std::function<bool(const HttpResponse& head, std::string_view bytes)>;

// What went over the network so far; any thread may look.
struct TransportStats {
  std::atomic<std::int64_t> requests{0}, bytes_sent{0}, bytes_received{0}, connections{0};
};

// Moves requests. Used by one thread, but for wake(). Never sends a request twice whose repetition could change the
// outcome (all but GET and HEAD), never follows a redirect, never sleeps beyond the time it is told to wait.
class Transport {
 public:
  using Done = std::function<void(HttpResponse)>;
  virtual ~Transport() = default;
  // Begins an exchange; `done` runs inside a later wait(). `sink` takes the body of a bulk request whose status is 2xx.
  virtual std::uint64_t start(HttpRequest request, BodySink sink, Done done) = 0;
  // Ends an exchange early; its `done` does not run.
  virtual void abort(std::uint64_t exchange) = 0;
  virtual std::size_t active() const = 0;
  virtual const TransportStats& stats() const = 0;
  // Moves bytes for at most timeout_ms (-1: until something happens), running the `done` of what ended.
  virtual void wait(std::int64_t timeout_ms) = 0;
  // Ends a wait() from any thread.
  virtual void wake() = 0;
};

}  // namespace br
