#include "net/curl_exchange.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "net/url.h"

namespace br {
namespace {

constexpr std::size_t kMaxControlBody = std::size_t{16} << 20;
constexpr std::size_t kMaxLargeBody = std::size_t{512} << 20;
constexpr std::size_t kMaxHeaderBytes = std::size_t{256} << 10;
constexpr long kDownloadBuffer = 512L << 10;
constexpr long kUploadBuffer = 1L << 20;

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto* exchange = static_cast<Exchange*>(user);
  const std::string_view bytes(data, size * count);
  const long status = status_of(*exchange);
  if (exchange->request.bulk && exchange->sink && status >= 200 && status < 300) {
    exchange->response.status = static_cast<int>(status);
    exchange->sink_refused = !exchange->sink(exchange->response, bytes);
    return exchange->sink_refused ? 0 : bytes.size();
  }
  const std::size_t limit = exchange->request.large_answer ? kMaxLargeBody : kMaxControlBody;
  if (exchange->response.body.size() + bytes.size() > limit) {
    exchange->too_large = true;
    return 0;
  }
  exchange->response.body.append(bytes);
  return bytes.size();
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto* exchange = static_cast<Exchange*>(user);
  std::string_view line(data, size * count);
  exchange->header_bytes += line.size();
  if (exchange->header_bytes > kMaxHeaderBytes) return 0;
  if (line.starts_with("HTTP/")) {
    exchange->response.headers.clear();  // an interim answer came first
    return line.size();
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string name(line.substr(0, colon));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front()))) value.remove_prefix(1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back()))) value.remove_suffix(1);
  exchange->response.headers.emplace_back(std::move(name), std::string(value));
  return line.size();
}

// A newline never stands inside a JSON line, so that the array has exactly the length of the file.
void join_lines(char* bytes, std::size_t size, std::uint64_t at, std::uint64_t file_size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (bytes[i] == '\n') bytes[i] = at + i + 1 == file_size ? ' ' : ',';
  }
}

// The next piece of prefix, file, suffix; never across two of them.
std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto* exchange = static_cast<Exchange*>(user);
  const HttpRequest& request = exchange->request;
  const std::uint64_t prefix = request.body_prefix.size();
  const std::uint64_t at = exchange->body_at;
  std::size_t n = 0;
  if (at < prefix) {
    n = request.body_prefix.copy(buffer, size * count, at);
  } else if (at < prefix + exchange->file_size) {
    const std::uint64_t left = prefix + exchange->file_size - at;
    const auto got = exchange->body_file->read_at(buffer, std::min<std::uint64_t>(size * count, left), at - prefix);
    if (!got || *got == 0) return CURL_READFUNC_ABORT;
    n = *got;
    if (request.join_lines) join_lines(buffer, n, at - prefix, exchange->file_size);
  } else if (at < exchange->body_size) {
    n = request.body_suffix.copy(buffer, size * count, at - prefix - exchange->file_size);
  }
  exchange->body_at += n;
  return n;
}

int on_seek(void* user, curl_off_t offset, int origin) {
  auto* exchange = static_cast<Exchange*>(user);
  const auto target = static_cast<std::uint64_t>(offset);
  if (origin != SEEK_SET || target > exchange->body_size) return CURL_SEEKFUNC_FAIL;
  exchange->body_at = target;
  return CURL_SEEKFUNC_OK;
}

template <class T>
void set(CURL* easy, CURLoption option, T value) {
  if (const CURLcode code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
    throw std::runtime_error(std::string("libcurl refused an option: ") + curl_easy_strerror(code));
}

void set_common(Exchange* exchange, const TransportOptions& options) {
  CURL* easy = exchange->easy.get();
  const HttpRequest& request = exchange->request;
  set(easy, CURLOPT_PRIVATE, reinterpret_cast<char*>(exchange->id));
  set(easy, CURLOPT_URL, request.url.c_str());
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) set(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout_ms));
  set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(std::max<std::int64_t>(1, options.stall_timeout_ms / 1000)));
  set(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_MAXLIFETIME_CONN, 600L);
  set(easy, CURLOPT_WRITEFUNCTION, on_body);
  set(easy, CURLOPT_WRITEDATA, exchange);
  set(easy, CURLOPT_HEADERFUNCTION, on_header);
  set(easy, CURLOPT_HEADERDATA, exchange);
  if (const auto url = parse_url(request.url); url && is_loopback(*url)) set(easy, CURLOPT_PROXY, "");
  if (request.bulk) set(easy, CURLOPT_BUFFERSIZE, kDownloadBuffer);
  if (request.paid) {
    // libcurl sends a request again when a reused connection proves dead, a POST too; on a fresh connection it cannot.
    set(easy, CURLOPT_FRESH_CONNECT, 1L);
    set(easy, CURLOPT_FORBID_REUSE, 1L);
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  }
}

void set_form(Exchange* exchange) {
  exchange->mime.reset(curl_mime_init(exchange->easy.get()));
  for (const FormPart& part : exchange->request.form) {
    curl_mimepart* target = curl_mime_addpart(exchange->mime.get());
    curl_mime_name(target, part.name.c_str());
    if (part.path.empty()) {
      curl_mime_data(target, part.value.data(), part.value.size());
    } else {
      curl_mime_filedata(target, part.path.c_str());
      curl_mime_filename(target, part.filename.c_str());
    }
    if (!part.content_type.empty()) curl_mime_type(target, part.content_type.c_str());
  }
  set(exchange->easy.get(), CURLOPT_MIMEPOST, exchange->mime.get());
  set(exchange->easy.get(), CURLOPT_UPLOAD_BUFFERSIZE, kUploadBuffer);
}

bool set_body(Exchange* exchange) {
  CURL* easy = exchange->easy.get();
  const HttpRequest& request = exchange->request;
  if (!request.form.empty()) {
    set_form(exchange);
  } else if (!request.body_path.empty()) {
    auto opened = File::open_read(request.body_path);
    if (!opened) return false;
    const auto size = opened->size();
    if (!size) return false;
    exchange->body_file = std::move(*opened);
    exchange->file_size = *size;
    exchange->body_size = request.body_prefix.size() + exchange->file_size + request.body_suffix.size();
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(exchange->body_size));
    set(easy, CURLOPT_READFUNCTION, on_read);
    set(easy, CURLOPT_READDATA, exchange);
    set(easy, CURLOPT_SEEKFUNCTION, on_seek);
    set(easy, CURLOPT_SEEKDATA, exchange);
    set(easy, CURLOPT_UPLOAD_BUFFERSIZE, kUploadBuffer);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(easy, CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.method != "GET" && request.method != "POST") set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  return true;
}

}  // namespace

bool prepare_exchange(Exchange* exchange, const TransportOptions& options) {
  exchange->easy.reset(curl_easy_init());
  if (!exchange->easy) throw std::bad_alloc();
  set_common(exchange, options);
  if (!set_body(exchange)) return false;
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  for (const Header& header : exchange->request.headers) {
    const std::string line = header.name + ": " + header.value;
    if (line.find_first_of("\r\n") != std::string::npos) continue;
    list = curl_slist_append(list, line.c_str());
  }
  exchange->headers.reset(list);
  set(exchange->easy.get(), CURLOPT_HTTPHEADER, list);
  return true;
}

bool is_large(const HttpRequest& request) {
  return request.bulk || !request.body_path.empty() ||
         std::any_of(request.form.begin(), request.form.end(), [](const FormPart& part) { return !part.path.empty(); });
}

long status_of(const Exchange& exchange) {
  long status = 0;
  curl_easy_getinfo(exchange.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

Failure failure_of(const Exchange& exchange, CURLcode code) {
  if (exchange.too_large) return Failure::too_large;
  if (exchange.sink_refused) return Failure::local;
  switch (code) {
    case CURLE_OK:
      return Failure::none;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PROXY:
      return Failure::not_connected;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED:
      return Failure::tls;
    case CURLE_READ_ERROR:
    case CURLE_FILE_COULDNT_READ_FILE:
    case CURLE_ABORTED_BY_CALLBACK:
      return Failure::local;
    default: {
      long sent = 0;
      curl_easy_getinfo(exchange.easy.get(), CURLINFO_REQUEST_SIZE, &sent);
      return sent == 0 ? Failure::not_connected : Failure::broken;
    }
  }
}

}  // namespace br
