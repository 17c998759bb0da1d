#include "net/curl_transport.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "net/crypto.h"
#include "net/curl_exchange.h"
#include "net/curl_failure.h"
#include "net/lanes.h"
#include "sys/descriptors.h"

namespace br {
namespace {

// Small exchanges at a time, of one account and of all; transfers of whole files of all, and how many of them have
// large buffers: more do not make the line faster. An account that has none under way always gets a place.
constexpr std::size_t kSmallPerAccount = 16, kSmallInAll = 32, kLargeInAll = 24, kLargeBuffers = 3;
constexpr long kMaxIdleConnections = 32;
constexpr std::int64_t kLongestWaitMs = 3'600'000;
constexpr std::int64_t kDescriptorPauseMs = 1000;  // until it is tried whether one is free again

class CurlTransport : public Transport {
 public:
  explicit CurlTransport(TransportOptions options)
      : options_(std::move(options)),
        small_(kSmallPerAccount, kSmallInAll),
        large_(static_cast<std::size_t>(std::max<std::int64_t>(1, options_.transfers_per_account)), kLargeInAll) {
    static std::once_flag once;
    std::call_once(once, [] {
      init_crypto();
      curl_global_init(CURL_GLOBAL_DEFAULT);
    });
    multi_ = curl_multi_init();
    if (multi_ == nullptr) throw std::bad_alloc();
    can_be_woken_ = curl_multi_wakeup(multi_) == CURLM_OK;
    // What is kept open for the next call must not keep others from opening a file.
    const auto idle = static_cast<long>(descriptor_limit() / 8);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, std::clamp(idle, 1L, kMaxIdleConnections));
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
    const auto added = exchanges_.emplace(id, std::move(exchange)).first;
    lanes_of(*added->second).add(added->second->request.lane, id);
    return id;
  }

  void abort(std::uint64_t id) override {
    const auto found = exchanges_.find(id);
    if (found == exchanges_.end()) return;
    if (!found->second->in_multi) lanes_of(*found->second).remove(found->second->request.lane, id);
    drop_from_multi(found->second.get());
    exchanges_.erase(found);
  }

  std::size_t active() const override { return exchanges_.size(); }
  const TransportStats& stats() const override { return stats_; }

  void wait(std::int64_t timeout_ms) override {
    begin_waiting();
    if (finish_early_failures()) return;
    int running = 0;
    curl_multi_perform(multi_, &running);
    if (finish_ended() || timeout_ms == 0) return;
    const std::int64_t most = short_of_descriptors_ || !can_be_woken_ ? kDescriptorPauseMs : kLongestWaitMs;
    const std::int64_t bounded = timeout_ms < 0 ? most : std::min(timeout_ms, most);
    int ready = 0;
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(bounded), &ready);
    if (ready == 0) short_of_descriptors_ = false;
    curl_multi_perform(multi_, &running);
    finish_ended();
    begin_waiting();
  }

  void wake() override { curl_multi_wakeup(multi_); }

 private:
  Lanes& lanes_of(const Exchange& exchange) { return is_large(exchange.request) ? large_ : small_; }
  void begin_waiting();
  bool begin_next(Lanes* lanes);
  bool begin(Exchange* exchange, Lanes* lanes);
  bool waits_for_descriptors(Exchange* exchange);
  void drop_from_multi(Exchange* exchange);
  bool finish_ended();
  bool finish_early_failures();
  void finish(std::uint64_t id, CURLcode code);
  void give_back(std::unique_ptr<Exchange> exchange, Failure failure, std::string text);
  void count(CURL* easy);

  TransportStats stats_;
  TransportOptions options_;
  CURLM* multi_ = nullptr;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Exchange>> exchanges_;
  Lanes small_, large_;                // the exchanges that wait for a place, and how many have one
  bool can_be_woken_ = false;  // else there was no descriptor for it, and waits are short
  bool short_of_descriptors_ = false;  // nothing more is begun until something ended or a while has passed
  struct EarlyFailure {
    std::uint64_t id;
    Failure failure;
    std::string text;
  };
  std::vector<EarlyFailure> failed_early_;
};

// An exchange takes memory once it is begun, and ten thousand jobs may all be due at once.
void CurlTransport::begin_waiting() {
  if (short_of_descriptors_) return;
  while (begin_next(&small_)) {
  }
  while (begin_next(&large_)) {
  }
}

// false: none that waits may begin.
bool CurlTransport::begin_next(Lanes* lanes) {
  if (short_of_descriptors_) return false;
  const auto id = lanes->begin_next();
  if (!id) return false;
  const auto found = exchanges_.find(*id);
  return begin(found->second.get(), lanes);
}

// false: it has to wait until another exchange has ended.
bool CurlTransport::begin(Exchange* exchange, Lanes* lanes) {
  exchange->small_buffers = lanes->under_way() > kLargeBuffers;
  switch (prepare_exchange(exchange, options_)) {
    case Prepared::ready:
      if (curl_multi_add_handle(multi_, exchange->easy.get()) != CURLM_OK) throw std::bad_alloc();
      exchange->in_multi = true;
      return true;
    case Prepared::no_descriptors:
      lanes->ended(exchange->request.lane);
      if (!waits_for_descriptors(exchange)) return true;
      lanes->put_back(exchange->request.lane, exchange->id);
      return false;
    case Prepared::unreadable:
      lanes->ended(exchange->request.lane);
      failed_early_.push_back({exchange->id, Failure::local, "the request file could not be read"});
      return true;
  }
  return true;
}

// Where others are under way, one that ends gives its descriptors back. Else somebody else has them all, and whoever
// asked for the exchange has to decide when to try again.
bool CurlTransport::waits_for_descriptors(Exchange* exchange) {
  if (small_.under_way() + large_.under_way() > 0) return short_of_descriptors_ = true;
  failed_early_.push_back({exchange->id, Failure::no_descriptors, "too many open files in this process"});
  return false;
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
  short_of_descriptors_ = false;
  lanes_of(*exchange).ended(exchange->request.lane);
}

bool CurlTransport::finish_early_failures() {
  if (failed_early_.empty()) return false;
  for (EarlyFailure& early : std::exchange(failed_early_, {})) {
    const auto found = exchanges_.find(early.id);
    if (found == exchanges_.end()) continue;
    std::unique_ptr<Exchange> exchange = std::move(found->second);
    exchanges_.erase(found);
    give_back(std::move(exchange), early.failure, std::move(early.text));
  }
  return true;
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
  if (failed_for_descriptors(*found->second, code)) {
    drop_from_multi(found->second.get());
    if (waits_for_descriptors(found->second.get())) lanes_of(*found->second).put_back(found->second->request.lane, id);
    return;
  }
  std::unique_ptr<Exchange> exchange = std::move(found->second);
  exchanges_.erase(found);
  exchange->response.status = static_cast<int>(status_of(*exchange));
  if (code == CURLE_OK) pass_on_rest(exchange.get());
  const Failure failure = failure_of(*exchange, code);
  std::string text = failure == Failure::none ? "" : failure_text(*exchange, code);
  count(exchange->easy.get());
  drop_from_multi(exchange.get());
  give_back(std::move(exchange), failure, std::move(text));
}

// The one way out: whatever leaves the transport is without the secrets of its request.
void CurlTransport::give_back(std::unique_ptr<Exchange> exchange, Failure failure, std::string text) {
  HttpResponse& response = exchange->response;
  response.failure = failure;
  response.failure_text = std::move(text);
  exchange->secrets.hide(&response.failure_text);
  exchange->secrets.hide(&response.body);
  for (auto& [name, value] : response.headers) exchange->secrets.hide(&value);
  exchange->done(std::move(response));
}

}  // namespace

std::unique_ptr<Transport> make_curl_transport(const TransportOptions& options) {
  return std::make_unique<CurlTransport>(options);
}

std::string curl_transport_version() { return curl_version(); }

}  // namespace br
