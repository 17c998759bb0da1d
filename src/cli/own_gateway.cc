#include "cli/own_gateway.h"

#include <fcntl.h>

#include <cstdlib>
#include <utility>

#include "cli/gateway_setup.h"
#include "cli/json_view.h"

namespace cli {
namespace {

using br::gateway::Figures;

constexpr std::int64_t kEventsMs = 1'000;

void count_batch(void* user_data, std::int32_t event, const char*, const char*) {
  if (event == BR_EVENT_BATCH_SUBMITTED) ++*static_cast<std::atomic<std::int64_t>*>(user_data);
}

}  // namespace

OwnGateway::OwnGateway(const Options& options, br::gateway::Options server,
                       std::function<void(const std::string&)> failed)
    : config_(gateway_config(options)) {
  call(br_config_set_event, config_.get(), count_batch, static_cast<void*>(&batches_), br_destroy_fn{});
  br_router* opened = nullptr;
  call(br_router_new, config_.get(), &opened);
  router_.reset(opened);
  br_capture* made = nullptr;
  call(br_capture_new, opened, &made);
  capture_.reset(made);
  std::string error;
  const std::string profile = gateway_profile(options, server);
  server.listening = ::fcntl(server.listening, F_DUPFD_CLOEXEC, 0);
  server.failed = std::move(failed);
  gateway_ = br::gateway::Gateway::start(std::move(server), made, error);
  if (!gateway_) throw Failure(Exit::failed, error);
  socket_ = std::make_unique<br::gateway::OwnerSocket>(
      br::gateway::OwnerSocket::Parts{options.state_dir, profile,
                                      [this](int socket) { gateway_->adopt(socket); }, [this] { return figures(); }},
      error);
  if (!error.empty()) throw Failure(Exit::store, error, "give --state-dir a directory on a local disk");
  events_ = std::thread([this] { count_events(); });
}

OwnGateway::~OwnGateway() {
  socket_.reset();
  stop();
  ending_ = true;
  br_router_wakeup(router_.get());
  if (events_.joinable()) events_.join();
}

void OwnGateway::count_events() {
  while (!ending_) {
    if (br_poll(router_.get(), kEventsMs, nullptr) < 0) return;
  }
}

std::string OwnGateway::stats() const {
  std::size_t size = 0;
  const char* text = br_capture_stats_json(capture_.get(), &size);
  return text == nullptr ? std::string() : std::string(text, size);
}

Figures OwnGateway::figures() const {
  const JsonView view(stats());
  Figures out;
  out.requests = gateway_->calls();
  out.batches = batches_;
  out.cache_hits = std::atoll(view.text("/cache_hits").c_str());
  out.saved_usd = std::atof(view.text("/saved_usd").c_str());
  return out;
}

void OwnGateway::stop_taking() {
  socket_->close();
  gateway_->stop_taking();
}

bool OwnGateway::submit(std::int64_t timeout_ms) {
  br_capture_close(capture_.get(), timeout_ms, nullptr);
  br_poll(router_.get(), 0, nullptr);
  return JsonView(stats()).text("/queued") == "0";
}

void OwnGateway::stop() {
  if (gateway_) gateway_->stop();
}

}  // namespace cli
