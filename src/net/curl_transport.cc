#include "net/curl_transport.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "net/crypto.h"
#include "net/curl_exchange.h"

namespace br {
namespace {

// Small exchanges at a time, and transfers of whole files: more of these do not make the line faster, only the buffers
// more.
constexpr std::size_t kMaxUnderWay = 32, kMaxLarge = 3;

class CurlTransport : public Transport {
 public:
  explicit CurlTransport(TransportOptions options) : options_(std::move(options)) {
    static std::once_flag once;
    std::call_once(once, [] {
      init_crypto();
      curl_global_init(CURL_GLOBAL_DEFAULT);
    });
    multi_ = curl_multi_init();
    if (multi_ == nullptr) throw std::bad_alloc();
  }

  ~CurlTransport() override {
    for (auto& [id, exchange] : exchanges_) drop_from_multi(exchange.get());
    exchanges_.clear();
    curl_multi_cleanup(multi_);
  }

  std::uint64_t start(HttpRequest request, BodySink sink, Done done) override {
    auto exchange = std::make_unique<Exchange>();
    exchange->id = ++last_id_;
    exchange->request = std::move(request);
    exchange->sink = std::move(sink);
    exchange->done = std::move(done);
    const std::uint64_t id = exchange->id;
    exchanges_.emplace(id, std::move(exchange));
    (is_large(exchanges_[id]->request) ? waiting_large_ : waiting_).push_back(id);
    return id;
  }

  void abort(std::uint64_t id) override {
    const auto found = exchanges_.find(id);
    if (found == exchanges_.end()) return;
    drop_from_multi(found->second.get());
    exchanges_.erase(found);
  }

  std::size_t active() const override { return exchanges_.size(); }
  const TransportStats& stats() const override { return stats_; }

  void wait(std::int64_t timeout_ms) override {
    begin_waiting();
    finish_early_failures();
    int running = 0;
    curl_multi_perform(multi_, &running);
    if (finish_ended() || timeout_ms == 0) return;
    const std::int64_t bounded = timeout_ms < 0 ? 3'600'000 : std::min<std::int64_t>(timeout_ms, 3'600'000);
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(bounded), nullptr);
    curl_multi_perform(multi_, &running);
    finish_ended();
    begin_waiting();
  }

  void wake() override { curl_multi_wakeup(multi_); }

 private:
  void begin_waiting();
  void begin_next(std::deque<std::uint64_t>* waiting);
  void drop_from_multi(Exchange* exchange);
  bool finish_ended();
  void finish_early_failures();
  void finish(std::uint64_t id, CURLcode code);
  void count(CURL* easy);

  TransportStats stats_;
  TransportOptions options_;
  CURLM* multi_ = nullptr;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Exchange>> exchanges_;
  std::deque<std::uint64_t> waiting_, waiting_large_;  // not begun yet: too many are under way
  std::size_t under_way_ = 0, large_under_way_ = 0;
  std::vector<std::uint64_t> failed_early_;
};

// An exchange takes memory once it is begun, and ten thousand jobs may all be due at once.
void CurlTransport::begin_waiting() {
  while (under_way_ < kMaxUnderWay && !waiting_.empty()) begin_next(&waiting_);
  while (large_under_way_ < kMaxLarge && !waiting_large_.empty()) begin_next(&waiting_large_);
}

void CurlTransport::begin_next(std::deque<std::uint64_t>* waiting) {
  const auto found = exchanges_.find(waiting->front());
  waiting->pop_front();
  if (found == exchanges_.end()) return;
  Exchange* exchange = found->second.get();
  if (!prepare_exchange(exchange, options_)) return failed_early_.push_back(exchange->id);
  curl_multi_add_handle(multi_, exchange->easy.get());
  exchange->in_multi = true;
  ++(is_large(exchange->request) ? large_under_way_ : under_way_);
}

void CurlTransport::count(CURL* easy) {
  curl_off_t sent = 0, received = 0;
  long connections = 0;
  curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
  stats_.requests += 1;
  stats_.bytes_sent += sent;
  stats_.bytes_received += received;
  stats_.connections += connections;
}

void CurlTransport::drop_from_multi(Exchange* exchange) {
  if (!exchange->in_multi) return;
  curl_multi_remove_handle(multi_, exchange->easy.get());
  exchange->in_multi = false;
  --(is_large(exchange->request) ? large_under_way_ : under_way_);
}

void CurlTransport::finish_early_failures() {
  for (const std::uint64_t id : std::exchange(failed_early_, {})) finish(id, CURLE_READ_ERROR);
}

bool CurlTransport::finish_ended() {
  bool any = false;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* id = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &id);
    const CURLcode code = message->data.result;
    finish(reinterpret_cast<std::uint64_t>(id), code);
    any = true;
  }
  return any;
}

void CurlTransport::finish(std::uint64_t id, CURLcode code) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  const std::unique_ptr<Exchange> exchange = std::move(found->second);
  exchanges_.erase(found);
  HttpResponse& response = exchange->response;
  response.status = static_cast<int>(status_of(*exchange));
  response.failure = failure_of(*exchange, code);
  if (exchange->in_multi) count(exchange->easy.get());
  if (response.failure != Failure::none) response.failure_text = curl_easy_strerror(code);
  drop_from_multi(exchange.get());
  exchange->done(std::move(response));
}

}  // namespace

std::unique_ptr<Transport> make_curl_transport(const TransportOptions& options) {
  return std::make_unique<CurlTransport>(options);
}

std::string curl_transport_version() { return curl_version(); }

}  // namespace br
