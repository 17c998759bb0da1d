#include "gateway/intake.h"

#include <malloc.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace br::gateway {
namespace {

constexpr size_t kManyCalls = 1'000;
constexpr auto kQuiet = std::chrono::milliseconds(500);

struct ExchangeFree {
  void operator()(br_exchange* exchange) const { br_exchange_free(exchange); }
};
using Exchange = std::unique_ptr<br_exchange, ExchangeFree>;

std::string words_of(br_status status, br_error* error) {
  const char* message = error == nullptr ? nullptr : br_error_message(error);
  std::string words = message != nullptr ? message : br_status_name(status);
  br_error_free(error);
  return words;
}

// Nothing, with `problem` saying why, where the library cannot take it as it is.
Exchange exchange_of(const Call& call, std::string* problem) {
  Exchange out(br_exchange_new(call.method.c_str(), call.url.c_str()));
  if (!out) {
    *problem = "the request line is not valid UTF-8, or memory is out";
    return out;
  }
  br_error* error = nullptr;
  br_status status = BR_OK;
  const auto set = [&](const char* name, const char* value) {
    if (status >= 0) status = br_exchange_set(out.get(), name, value, &error);
  };
  for (const auto& [name, value] : call.headers) {
    if (status >= 0) status = br_exchange_add_header(out.get(), name.c_str(), value.c_str(), &error);
  }
  if (status >= 0) status = br_exchange_set_body(out.get(), call.body.data(), call.body.size(), &error);
  set("provider", call.provider.c_str());
  if (!call.cache.empty()) set("cache", call.cache.c_str());
  if (call.repeated) set("repeated", "1");
  if (call.configured) set("credential", "configured");
  if (status >= 0) return out;
  *problem = words_of(status, error);
  return nullptr;
}

}  // namespace

Intake::Intake(br_capture* capture, boost::asio::io_context& loop)
    : capture_(capture), loop_(loop), thread_([this] { run(); }) {}

Intake::~Intake() { stop(); }

void Intake::take(Call call, Then then) {
  const std::lock_guard lock(mutex_);
  work_.calls.push_back({std::move(call), std::move(then)});
  changed_.notify_one();
}

void Intake::leave(int64_t id) {
  const std::lock_guard lock(mutex_);
  work_.left.push_back(id);
  changed_.notify_one();
}

Answer Intake::own(br_answer* answer) {
  return Answer(answer, [this](br_answer* last) { free_answer(last); });
}

void Intake::free_answer(br_answer* answer) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      work_.freed.push_back(answer);
      changed_.notify_one();
      return;
    }
  }
  br_answer_free(answer);
}

void Intake::delivered(Answer answer) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      work_.delivered.push_back(std::move(answer));
      changed_.notify_one();
      return;
    }
  }
  br_answer_delivered(answer.get(), nullptr);
}

void Intake::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Intake::run() {
  while (true) {
    Work work;
    {
      std::unique_lock lock(mutex_);
      const auto is_due = [this] { return stopping_ || !work_.empty(); };
      if (untrimmed_ >= kManyCalls && !changed_.wait_for(lock, kQuiet, is_due)) {
        lock.unlock();
        give_back_memory();
        continue;
      }
      changed_.wait(lock, is_due);
      if (work_.empty()) return;
      work = std::exchange(work_, Work());
    }
    carry_out(std::move(work));
  }
}

// What thousands of bodies needed on their way in is free again, in pieces between what the held calls need: the C library
// keeps it until it is told.
void Intake::give_back_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
  untrimmed_ = 0;
}

void Intake::carry_out(Work work) {
  for (Answer& answer : work.delivered) {
    br_answer_delivered(answer.get(), nullptr);
    answer.reset();
  }
  for (br_answer* answer : work.freed) br_answer_free(answer);
  for (const int64_t id : work.left) br_capture_leave(capture_, id, nullptr);
  if (!work.calls.empty()) take_all(std::move(work.calls));
}

void Intake::take_all(std::vector<Request> calls) {
  untrimmed_ += calls.size();
  std::vector<Taken> outcomes(calls.size());
  std::vector<Exchange> owned;
  std::vector<const br_exchange*> exchanges;
  std::vector<size_t> places;
  for (size_t i = 0; i < calls.size(); ++i) {
    Exchange exchange = exchange_of(calls[i].call, &outcomes[i].error);
    if (!exchange) continue;
    places.push_back(i);
    exchanges.push_back(exchange.get());
    owned.push_back(std::move(exchange));
  }
  std::vector<int64_t> ids(exchanges.size(), 0);
  br_error* error = nullptr;
  const br_status status = exchanges.empty()
                               ? BR_OK
                               : br_capture_take_many(capture_, exchanges.data(), exchanges.size(), ids.data(), &error);
  const std::string problem = status < 0 ? words_of(status, error) : std::string();
  for (size_t i = 0; i < places.size(); ++i) {
    Taken& outcome = outcomes[places[i]];
    outcome.id = ids[i];
    outcome.error = problem;
    if (status >= 0) outcome.kind = ids[i] > 0 ? Taken::Kind::kHeld : Taken::Kind::kPass;
    if (outcome.kind == Taken::Kind::kHeld) ++taken_;
    if (outcome.kind == Taken::Kind::kPass) outcome.call = std::move(calls[places[i]].call);
  }
  auto told = [calls = std::move(calls), outcomes = std::move(outcomes)]() mutable {
    for (size_t i = 0; i < calls.size(); ++i) calls[i].then(std::move(outcomes[i]));
  };
  boost::asio::post(loop_, [told = std::make_shared<decltype(told)>(std::move(told))] { (*told)(); });
}

}  // namespace br::gateway
