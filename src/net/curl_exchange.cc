#include "net/curl_exchange.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "net/curl_failure.h"
#include "net/url.h"
#include "sys/descriptors.h"

namespace br {
namespace {

constexpr std::size_t kMaxControlBody = std::size_t{16} << 20;
constexpr std::size_t kMaxLargeBody = std::size_t{512} << 20;
constexpr std::size_t kMaxHeaderBytes = std::size_t{256} << 10;
constexpr long kDownloadBuffer = 512L << 10;
constexpr long kUploadBuffer = 1L << 20;
constexpr long kSmallBuffer = 64L << 10;
constexpr std::int64_t kLeastSpeed = 1024;  // bytes a second

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto* exchange = static_cast<Exchange*>(user);
  const std::string_view bytes(data, size * count);
  const long status = status_of(*exchange);
  if (exchange->request.bulk && exchange->sink && status >= 200 && status < 300) {
    exchange->response.status = static_cast<int>(status);
    const std::string_view safe = exchange->secrets.hide_next(bytes, &exchange->kept, &exchange->passed_on);
    exchange->sink_refused = !safe.empty() && !exchange->sink(exchange->response, safe);
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
  const std::uint64_t prefix = request.body_prefix.size(), file_size = exchange->body_file->size;
  const std::uint64_t at = exchange->body_at;
  std::size_t n = 0;
  if (at < prefix) {
    n = request.body_prefix.copy(buffer, size * count, at);
  } else if (at < prefix + file_size) {
    const std::uint64_t left = prefix + file_size - at;
    const auto got = exchange->body_file->file.read_at(buffer, std::min<std::uint64_t>(size * count, left), at - prefix);
    if (!got || *got == 0) return CURL_READFUNC_ABORT;
    n = *got;
    if (request.join_lines) join_lines(buffer, n, at - prefix, file_size);
  } else if (at < exchange->body_size) {
    n = request.body_suffix.copy(buffer, size * count, at - prefix - file_size);
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

std::size_t on_form_read(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto* body = static_cast<BodyFile*>(user);
  const std::uint64_t most = std::min<std::uint64_t>(size * count, body->size - body->at);
  if (most == 0) return 0;
  const auto got = body->file.read_at(buffer, most, body->at);
  if (!got || *got == 0) return CURL_READFUNC_ABORT;
  body->at += *got;
  return *got;
}

int on_form_seek(void* user, curl_off_t offset, int origin) {
  auto* body = static_cast<BodyFile*>(user);
  if (origin != SEEK_SET || static_cast<std::uint64_t>(offset) > body->size) return CURL_SEEKFUNC_FAIL;
  body->at = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

// Runs at least once a second. A vendor that only thinks, before the first byte of its answer, has the whole stall
// time-out, which is libcurl's to watch; one whose bytes trickle has to keep up a speed.
int on_progress(void* user, curl_off_t, curl_off_t down, curl_off_t to_send, curl_off_t up) {
  auto* exchange = static_cast<Exchange*>(user);
  SpeedWindow& window = exchange->speed;
  curl_off_t now_us = 0;
  curl_easy_getinfo(exchange->easy.get(), CURLINFO_TOTAL_TIME_T, &now_us);
  const std::int64_t bytes = down + up, lasted_us = now_us - window.begin_us;
  const bool thinking = down == 0 && up >= to_send;
  if (!thinking && lasted_us < exchange->stall_timeout_ms * 1000) return 0;
  exchange->too_slow = !thinking && bytes - window.bytes < kLeastSpeed * lasted_us / 1'000'000;
  window = {now_us, bytes};
  return exchange->too_slow ? 1 : 0;
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
  if (!options.ca_pem.empty()) {
    curl_blob pem{const_cast<char*>(options.ca_pem.data()), options.ca_pem.size(), CURL_BLOB_NOCOPY};
    set(easy, CURLOPT_CAINFO_BLOB, &pem);
  }
  if (!options.ca_directory.empty()) set(easy, CURLOPT_CAPATH, options.ca_directory.c_str());
  set(easy, CURLOPT_ERRORBUFFER, exchange->detail.data());
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout_ms));
  set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(std::max<std::int64_t>(1, options.stall_timeout_ms / 1000)));
  exchange->stall_timeout_ms = options.stall_timeout_ms;
  set(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  set(easy, CURLOPT_XFERINFODATA, exchange);
  set(easy, CURLOPT_NOPROGRESS, 0L);
  if (!is_large(request) && !request.large_answer)
    set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.call_timeout_ms));
  set(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_MAXLIFETIME_CONN, 600L);
  set(easy, CURLOPT_WRITEFUNCTION, on_body);
  set(easy, CURLOPT_WRITEDATA, exchange);
  set(easy, CURLOPT_HEADERFUNCTION, on_header);
  set(easy, CURLOPT_HEADERDATA, exchange);
  if (const auto url = parse_url(request.url); url && is_loopback(*url)) set(easy, CURLOPT_PROXY, "");
  if (request.bulk) set(easy, CURLOPT_BUFFERSIZE, exchange->small_buffers ? kSmallBuffer : kDownloadBuffer);
  if (request.method != "GET" && request.method != "HEAD") {
    // libcurl sends a request again when a reused connection proves dead, a POST too; on a fresh connection it cannot.
    set(easy, CURLOPT_FRESH_CONNECT, 1L);
    set(easy, CURLOPT_FORBID_REUSE, 1L);
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  }
}

// Of building a form: the one way in which it fails is that memory is short.
void need(CURLcode code) {
  if (code != CURLE_OK) throw std::bad_alloc();
}

Prepared open_body(FileSystem* files, const std::string& path, std::optional<BodyFile>* out) {
  auto opened = files->open_read(path);
  if (!opened) return descriptors_are_short() ? Prepared::no_descriptors : Prepared::unreadable;
  const auto size = opened->size();
  if (!size) return Prepared::unreadable;
  out->emplace(BodyFile{std::move(*opened), *size, 0});
  return Prepared::ready;
}

Prepared add_form_part(Exchange* exchange, const FormPart& part) {
  curl_mimepart* target = curl_mime_addpart(exchange->mime.get());
  if (target == nullptr) throw std::bad_alloc();
  need(curl_mime_name(target, part.name.c_str()));
  if (!part.content_type.empty()) need(curl_mime_type(target, part.content_type.c_str()));
  if (part.path.empty()) {
    need(curl_mime_data(target, part.value.data(), part.value.size()));
    return Prepared::ready;
  }
  std::optional<BodyFile> opened;
  if (const Prepared prepared = open_body(exchange->files, part.path, &opened); prepared != Prepared::ready) return prepared;
  exchange->form_files.push_back(std::make_unique<BodyFile>(std::move(*opened)));
  BodyFile* file = exchange->form_files.back().get();
  need(curl_mime_data_cb(target, static_cast<curl_off_t>(file->size), on_form_read, on_form_seek, nullptr, file));
  need(curl_mime_filename(target, part.filename.c_str()));
  return Prepared::ready;
}

Prepared set_form(Exchange* exchange) {
  exchange->mime.reset(curl_mime_init(exchange->easy.get()));
  if (!exchange->mime) throw std::bad_alloc();
  for (const FormPart& part : exchange->request.form) {
    if (const Prepared prepared = add_form_part(exchange, part); prepared != Prepared::ready) return prepared;
  }
  set(exchange->easy.get(), CURLOPT_MIMEPOST, exchange->mime.get());
  set(exchange->easy.get(), CURLOPT_UPLOAD_BUFFERSIZE, exchange->small_buffers ? kSmallBuffer : kUploadBuffer);
  return Prepared::ready;
}

Prepared set_body(Exchange* exchange) {
  CURL* easy = exchange->easy.get();
  const HttpRequest& request = exchange->request;
  if (!request.form.empty()) {
    if (const Prepared prepared = set_form(exchange); prepared != Prepared::ready) return prepared;
  } else if (!request.body_path.empty()) {
    if (const Prepared prepared = open_body(exchange->files, request.body_path, &exchange->body_file);
        prepared != Prepared::ready)
      return prepared;
    exchange->body_at = 0;
    exchange->body_size = request.body_prefix.size() + exchange->body_file->size + request.body_suffix.size();
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(exchange->body_size));
    set(easy, CURLOPT_READFUNCTION, on_read);
    set(easy, CURLOPT_READDATA, exchange);
    set(easy, CURLOPT_SEEKFUNCTION, on_seek);
    set(easy, CURLOPT_SEEKDATA, exchange);
    set(easy, CURLOPT_UPLOAD_BUFFERSIZE, exchange->small_buffers ? kSmallBuffer : kUploadBuffer);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(easy, CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.method != "GET" && request.method != "POST") set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  return Prepared::ready;
}

void append(HeaderList* list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list->get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  (void)list->release();
  list->reset(longer);
}

}  // namespace

Prepared prepare_exchange(Exchange* exchange, const TransportOptions& options) {
  exchange->mime.reset();
  exchange->form_files.clear();
  exchange->speed = {};
  exchange->files = options.files;
  exchange->easy.reset(curl_easy_init());
  if (!exchange->easy) throw std::bad_alloc();
  exchange->secrets = Secrets(exchange->request);
  set_common(exchange, options);
  if (const Prepared prepared = set_body(exchange); prepared != Prepared::ready) return prepared;
  exchange->headers.reset();
  append(&exchange->headers, "Expect:");
  for (const Header& header : exchange->request.headers) {
    const std::string line = header.name + ": " + header.value;
    if (line.find_first_of("\r\n") != std::string::npos) continue;
    append(&exchange->headers, line);
  }
  set(exchange->easy.get(), CURLOPT_HTTPHEADER, exchange->headers.get());
  return Prepared::ready;
}

bool pass_on_rest(Exchange* exchange) {
  if (exchange->kept.empty()) return true;
  exchange->sink_refused = !exchange->sink(exchange->response, std::exchange(exchange->kept, {}));
  return !exchange->sink_refused;
}

bool is_large(const HttpRequest& request) {
  return request.bulk || !request.body_path.empty() ||
         std::any_of(request.form.begin(), request.form.end(), [](const FormPart& part) { return !part.path.empty(); });
}

}  // namespace br
