#include "core/engine/http_download.h"

#include <cstdlib>
#include <utility>

#include "codec/json_read.h"
#include "core/engine/engine_core.h"
#include "core/engine/vendor_http.h"
#include "providers/shared/http_error.h"

namespace br {
namespace {

constexpr int kMostEmptyPages = 100;

// The server says that this file is not there, which is the answer for this file only.
bool is_gone(const HttpResponse& response, const Error& error) {
  if (response.failure != Failure::none || error.blocking) return false;
  if (response.status == 404 || response.status == 410) return true;
  return response.status == 400 && error.code == Code::provider && !error.vendor_code.empty();
}

// A vendor that gives its reason as a text gives no code with it.
void name_refusal(const HttpResponse& response, Error* error) {
  if (response.status == 400 && error->vendor_code.empty() && Json::parse(response.body) != nullptr)
    error->vendor_code = "bad_request";
}

// What a download that broke can be gone on with; empty: nothing.
std::string etag_of(const HttpResponse& response) {
  const std::string_view etag = response.header("etag");
  if (etag.empty() || etag.starts_with("W/") || response.header("accept-ranges") == "none") return {};
  return std::string(etag);
}

// "bytes 100-199/200" begins at 100; -1: it is no such thing.
std::int64_t range_start(std::string_view content_range) {
  if (!content_range.starts_with("bytes ")) return -1;
  const std::string text(content_range.substr(6));
  char* end = nullptr;
  const long long start = std::strtoll(text.c_str(), &end, 10);
  return end == text.c_str() || *end != '-' ? -1 : start;
}

// The 200 of it; -1: it is not told.
std::int64_t range_total(std::string_view content_range) {
  const std::size_t slash = content_range.find('/');
  if (slash == std::string_view::npos) return -1;
  const std::string text(content_range.substr(slash + 1));
  char* end = nullptr;
  const long long total = std::strtoll(text.c_str(), &end, 10);
  return end == text.c_str() ? -1 : total;
}

// The rest of another file than the one that is here.
bool is_of_another_file(const HttpResponse& head, const std::string& etag) {
  const std::string_view now = head.header("etag");
  return !now.empty() && now != etag;
}

}  // namespace

PartFetch& HttpDownload::fetch() const { return *c_.core->part(c_.key)->fetch; }

void HttpDownload::stop() { c_.http->abort(&call_); }

void HttpDownload::bring(const Account& account) {
  if (call_ != 0) return;  // it is under way
  c_.http->with_token(*c_.provider, account, [weak = weak_from_this()](const Account& with, const Error* error) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    if (error != nullptr) return self->fetch().source_failed(*error);
    self->begin(with);
  });
}

void HttpDownload::begin(const Account& account) {
  const Download* source = fetch().source();
  if (call_ != 0 || source == nullptr) return;  // given up while the token came
  HttpRequest request = source->request;
  auto sent = source->page ? ask_page(account, std::move(request)) : ask_body(account, std::move(request));
  if (!sent) return fetch().source_failed(std::move(sent.error()));
  call_ = *sent;
}

Result<std::uint64_t> HttpDownload::ask_page(const Account& account, HttpRequest request) {
  return c_.http->send(*c_.provider, account, std::move(request), nullptr,
                       [weak = weak_from_this(), account](const HttpResponse& response) {
                         if (const auto self = weak.lock()) self->page_ended(account, response);
                       });
}

Result<std::uint64_t> HttpDownload::ask_body(const Account& account, HttpRequest request) {
  request.bulk = true;
  head_ = Head::awaited;
  (void)fetch().consume_write_error();  // of the try before this one
  is_repeated_ = fetch().is_begun();
  if (!is_repeated_) {
    etag_.clear();
    BR_RETURN_IF_ERROR(fetch().begin_source(OutputFile::Source::next));
  } else if (!etag_.empty() && fetch().source_length() > 0) {
    request.headers.push_back({"Range", "bytes=" + std::to_string(fetch().source_length()) + "-"});
    request.headers.push_back({"If-Range", etag_});
  }
  return c_.http->send(
      *c_.provider, account, std::move(request),
      [weak = weak_from_this()](const HttpResponse& head, std::string_view bytes) {
        const auto self = weak.lock();
        return self != nullptr && self->fetch().source() != nullptr && self->body_arrives(head) && self->fetch().put(bytes);
      },
      [weak = weak_from_this(), account](const HttpResponse& response) {
        if (const auto self = weak.lock()) self->body_ended(account, response);
      });
}

// With the first bytes of a download: whether they go on with what is here, or begin anew.
bool HttpDownload::body_arrives(const HttpResponse& head) {
  if (head_ != Head::awaited) return true;
  head_ = Head::fits;
  if (head.status == 206) {
    const auto here = static_cast<std::int64_t>(fetch().source_length());
    if (!is_repeated_ || range_start(head.header("content-range")) != here || is_of_another_file(head, etag_))
      head_ = Head::wrong_range;
    if (head_ == Head::fits) fetch().continue_source();
    return head_ == Head::fits;
  }
  return !is_repeated_ || fetch().restart_source();
}

void HttpDownload::body_ended(const Account& account, const HttpResponse& response) {
  call_ = 0;
  if (fetch().source() == nullptr) return;  // given up meanwhile
  if (!response.ok()) {
    Error error = read_http_error(c_.core->batch(c_.key).provider, "downloading results", response);
    c_.http->token_judged(account, &error);
    return body_failed(response, std::move(error));
  }
  // A cache may give a file piece by piece: what is still missing is asked for next.
  const std::string_view range = response.header("content-range");
  const auto here = static_cast<std::int64_t>(fetch().source_length());
  if (response.status == 206 && here > range_start(range) && here < range_total(range)) return fetch().piece_ended();
  etag_.clear();
  fetch().source_ended();
}

void HttpDownload::body_failed(const HttpResponse& response, Error error) {
  fetch().close_output();
  if (auto unwritten = fetch().consume_write_error()) return fetch().source_failed(std::move(*unwritten));
  name_refusal(response, &error);
  if (is_gone(response, error)) return fetch().source_refused(std::move(error));
  if (head_ == Head::wrong_range || response.status == 416) {
    etag_.clear();
    error = protocol_error(c_.core->batch(c_.key).provider, "downloading results",
                           "the server answered another range than the one that was asked for");
    error.code = Code::network;
    return fetch().source_failed(std::move(error));
  }
  const bool broke = response.failure == Failure::broken && head_ != Head::awaited;
  if (broke && etag_of(response) != etag_) etag_ = etag_of(response);
  fetch().source_failed(std::move(error), broke ? static_cast<std::int64_t>(fetch().output_length()) : -1);
}

void HttpDownload::page_ended(const Account& account, const HttpResponse& response) {
  call_ = 0;
  if (fetch().source() == nullptr) return;
  auto page = c_.provider->http()->read_page(account, c_.core->batch(c_.key), response);
  if (!page) {
    c_.http->token_judged(account, &page.error());
    name_refusal(response, &page.error());
    if (!is_gone(response, page.error())) return fetch().source_failed(std::move(page.error()));
    empty_pages_ += 1;
    return fetch().source_refused(std::move(page.error()));
  }
  empty_pages_ = page->lines.empty() ? empty_pages_ + 1 : 0;
  if (empty_pages_ > kMostEmptyPages && !page->next.empty()) {
    empty_pages_ = 0;
    return fetch().source_failed(protocol_error(c_.core->batch(c_.key).provider, "downloading results",
                                                "page after page holds no row, and the last one names another"));
  }
  if (!page->lines.empty()) {
    if (auto begun = fetch().begin_source(fetch().is_begun() ? OutputFile::Source::again : OutputFile::Source::next); !begun)
      return fetch().source_failed(std::move(begun.error()));
    (void)fetch().put(page->lines);  // what cannot be written is told by the end of the source
  }
  fetch().source_ended(std::move(page->next));
}

}  // namespace br
