#include "support/fake_transport.h"

#include <algorithm>
#include <utility>

namespace br::test {
namespace {

constexpr std::int64_t kForEverMs = 3'600'000;
constexpr std::size_t kMaxFile = std::size_t{1} << 30;

}  // namespace

FakeTransport::FakeTransport(FakeClock* clock, FileSystem* files, FakeVendor vendor)
    : clock_(clock), files_(files), vendor_(std::move(vendor)) {}

Result<std::string> FakeTransport::body_of(const HttpRequest& request) {
  std::string body = request.body;
  if (!request.body_path.empty()) {
    auto text = files_->read_whole_file(request.body_path, kMaxFile);
    if (!text) return text;
    body = request.body_prefix + *text + request.body_suffix;
  }
  for (const FormPart& part : request.form) {
    if (part.path.empty()) continue;
    auto text = files_->read_whole_file(part.path, kMaxFile);
    if (!text) return text;
    body += *text;
  }
  return body;
}

std::uint64_t FakeTransport::start(HttpRequest request, BodySink sink, Done done) {
  FakeAnswer answer;
  if (auto body = body_of(request)) {
    answer = vendor_(request, *body);
    stats_.bytes_sent += static_cast<std::int64_t>(body->size());
  } else {
    answer.response.failure = Failure::local;
    answer.response.failure_text = body.error().message;
  }
  ++stats_.requests;
  const std::int64_t due_ms = clock_->now_ms() + answer.after_ms;
  exchanges_.emplace(++last_,
                     Exchange{due_ms, std::move(answer.response), request.bulk, std::move(sink), std::move(done)});
  return last_;
}

FakeTransport::Exchanges::iterator FakeTransport::next() {
  return std::min_element(exchanges_.begin(), exchanges_.end(),
                          [](const auto& a, const auto& b) { return a.second.due_ms < b.second.due_ms; });
}

void FakeTransport::finish(Exchange exchange) {
  HttpResponse& response = exchange.response;
  stats_.bytes_received += static_cast<std::int64_t>(response.body.size());
  if (exchange.bulk && exchange.sink && response.ok()) {
    const std::string body = std::exchange(response.body, {});
    if (!body.empty() && !exchange.sink(response, body)) response.failure = Failure::local;
  }
  exchange.done(std::move(response));
}

bool FakeTransport::finish_due() {
  bool any = false;
  for (auto due = next(); due != exchanges_.end() && due->second.due_ms <= clock_->now_ms(); due = next()) {
    Exchange exchange = std::move(due->second);
    exchanges_.erase(due);
    finish(std::move(exchange));
    any = true;
  }
  return any;
}

void FakeTransport::wait(std::int64_t timeout_ms) {
  if (finish_due()) return;
  std::unique_lock lock(mutex_);
  if (std::exchange(woken_, false)) return;
  const std::int64_t now = clock_->now_ms();
  if (const auto due = next(); due != exchanges_.end() && (timeout_ms < 0 || due->second.due_ms - now <= timeout_ms)) {
    clock_->advance(due->second.due_ms - now);
    lock.unlock();
    finish_due();
  } else if (timeout_ms >= 0 && timeout_ms < kForEverMs) {
    clock_->advance(timeout_ms);
  } else {
    changed_.wait(lock, [this] { return woken_; });
    woken_ = false;
  }
}

void FakeTransport::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

}  // namespace br::test
