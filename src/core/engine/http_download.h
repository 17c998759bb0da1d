// HttpDownload: brings one source of results after the other over HTTP, and goes on where a download broke off if the
// server can.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/engine/driver.h"
#include "net/http.h"

namespace br {

class HttpDownload : public std::enable_shared_from_this<HttpDownload> {
 public:
  explicit HttpDownload(PartContext context) : c_(std::move(context)) {}

  // Brings PartFetch::source().
  void bring(const Account& account);
  void stop();

 private:
  // What the first bytes of an answer said.
  enum class Head : std::uint8_t { awaited, fits, wrong_range };

  PartFetch& fetch() const;
  void begin(const Account& account);
  Result<std::uint64_t> ask_page(const Account& account, HttpRequest request);
  Result<std::uint64_t> ask_body(const Account& account, HttpRequest request);
  bool body_arrives(const HttpResponse& head);
  void body_ended(const Account& account, const HttpResponse& response);
  void body_failed(const HttpResponse& response, Error error);
  void page_ended(const Account& account, const HttpResponse& response);

  const PartContext c_;
  std::uint64_t call_ = 0;
  std::string etag_;  // of what a broken download brought; empty: it cannot be gone on with
  Head head_ = Head::awaited;
  bool is_repeated_ = false;  // the source was begun by an earlier download
  int empty_pages_ = 0;  // in a row
};

}  // namespace br
