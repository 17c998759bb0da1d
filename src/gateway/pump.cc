#include "gateway/pump.h"

#include <array>
#include <boost/asio/post.hpp>
#include <memory>
#include <vector>

namespace br::gateway {
namespace {

constexpr size_t kAtOnce = 256;
constexpr int64_t kLookUpMs = 200;  // how soon a stop is seen while nothing comes

}  // namespace

Pump::Pump(br_capture* capture, Intake& intake, boost::asio::io_context& loop, Receive receive, Failed failed)
    : capture_(capture),
      intake_(intake),
      loop_(loop),
      receive_(std::move(receive)),
      failed_(std::move(failed)),
      thread_([this] { run(); }) {}

Pump::~Pump() { stop(); }

void Pump::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Pump::run() {
  std::array<br_answer*, kAtOnce> answers{};
  while (!stopping_) {
    size_t count = 0;
    br_error* error = nullptr;
    const br_status status = br_capture_next(capture_, kLookUpMs, answers.data(), answers.size(), &count, &error);
    if (status < 0 && status != BR_ECLOSED && failed_) {
      const char* message = error == nullptr ? nullptr : br_error_message(error);
      failed_(message == nullptr ? br_status_name(status) : message);
    }
    br_error_free(error);
    if (status < 0 || status == BR_END) return;
    if (status != BR_OK) continue;
    auto batch = std::make_shared<std::vector<Answer>>();
    for (size_t i = 0; i < count; ++i) batch->push_back(intake_.own(answers[i]));
    boost::asio::post(loop_, [this, batch] {
      for (Answer& answer : *batch) receive_(std::move(answer));
    });
  }
}

}  // namespace br::gateway
