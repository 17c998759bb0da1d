#include "cli/gateway_host.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <sstream>

#include "cli/gateway_setup.h"
#include "cli/json_view.h"

namespace cli {
namespace {

using br::gateway::Figures;
using br::gateway::OwnerLink;

constexpr int kLookMs = 50;
constexpr int kStartMs = 3'000;     // in which an owner of the lock becomes one that serves
constexpr int kEndingMs = 120'000;  // in which an owner that submits its queue ends
constexpr std::int64_t kEventsMs = 1'000;

void count_batch(void* user_data, std::int32_t event, const char*, const char*) {
  if (event == BR_EVENT_BATCH_SUBMITTED) ++*static_cast<std::atomic<std::int64_t>*>(user_data);
}

bool is_locked(const Failure& failure) { return failure.code == "BR_ELOCKED"; }

// The lines of `mine` that `theirs` has not.
std::string difference(const std::string& mine, const std::string& theirs) {
  std::istringstream lines(mine);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    if (("\n" + theirs).find("\n" + line + "\n") == std::string::npos) out += (out.empty() ? "" : ", ") + line;
  }
  return out.empty() ? "a vendor that this process has no address of" : out;
}

}  // namespace

OwnGateway::OwnGateway(const Options& options, const br::gateway::Options& server) : config_(gateway_config(options)) {
  call(br_config_set_event, config_.get(), count_batch, static_cast<void*>(&batches_), br_destroy_fn{});
  br_router* opened = nullptr;
  call(br_router_new, config_.get(), &opened);
  router_.reset(opened);
  br_capture* made = nullptr;
  call(br_capture_new, opened, &made);
  capture_.reset(made);
  std::string error;
  br::gateway::Options here = server;
  here.listening = ::fcntl(server.listening, F_DUPFD_CLOEXEC, 0);
  gateway_ = br::gateway::Gateway::start(here, made, error);
  if (!gateway_) throw Failure(Exit::failed, error);
  socket_ = std::make_unique<br::gateway::OwnerSocket>(
      br::gateway::OwnerSocket::Parts{options.state_dir, gateway_profile(options, server),
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

GatewayHost::GatewayHost(const Options& options, Pause pause) : options_(options) {
  const Config config = gateway_config(options_);
  server_ = server_options(options_, config.get());
  profile_ = gateway_profile(options_, server_);
  std::string error;
  listening_ = br::gateway::listen_on(server_.host, server_.port, error);
  if (listening_ < 0) throw Failure(Exit::failed, error);
  server_.port = br::gateway::port_of(listening_);
  server_.listening = listening_;
  url_ = br::gateway::url_of(server_.host, server_.port, !server_.tls_cert.empty());
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  for (int waited = 0;; waited += kLookMs) {
    try {
      own_ = std::make_unique<OwnGateway>(options_, server_);
      close_listening();
      return;
    } catch (const Failure& failure) {
      if (!is_locked(failure)) throw;
      std::string theirs;
      const auto state = link_.connect(options_.state_dir, &theirs);
      if (state == OwnerLink::State::kReady) {
        check_profile(theirs);
        break;
      }
      // It is no gateway, or one whose end takes too long.
      if (waited >= (state == OwnerLink::State::kEnding ? kEndingMs : kStartMs)) throw;
    }
    if (!pause(kLookMs)) throw Failure(Exit::interrupted, "interrupted while another process uses the state directory");
  }
  before_ = link_.figures();
  has_joined_ = true;
  front_ = std::thread([this] { be_front(); });
}

GatewayHost::~GatewayHost() {
  ending_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
  if (front_.joinable()) front_.join();
  for (const int socket : waiting_) ::close(socket);
  own_.reset();
  close_listening();
  ::close(wake_);
}

// Where the gateway has it, nobody else holds it open: a gateway that ends refuses connections.
void GatewayHost::close_listening() {
  if (listening_ >= 0) ::close(listening_);
  listening_ = -1;
}

void GatewayHost::check_profile(const std::string& theirs) const {
  if (theirs == profile_) return;
  throw Failure(Exit::usage,
                fmt::format("{}: process {} runs the gateway of this state directory, with other settings than: {}",
                            options_.state_dir, link_.owner(), difference(profile_, theirs)),
                "give both the same options and base URLs, or another --state-dir");
}

OwnGateway* GatewayHost::own() {
  const std::lock_guard lock(mutex_);
  return own_.get();
}

// Passes on what connects until the owner goes, then becomes the owner, or joins whoever was faster.
void GatewayHost::be_front() {
  while (!ending_) {
    std::array<pollfd, 3> all = {{{wake_, POLLIN, 0}, {link_.descriptor(), POLLRDHUP, 0}, {listening_, POLLIN, 0}}};
    if (::poll(all.data(), all.size(), -1) < 0) continue;
    if (all[0].revents != 0) return;
    if (all[1].revents == 0 && all[2].revents != 0 && pass_on_next()) continue;
    if (all[1].revents == 0 && waiting_.empty()) continue;
    while (!ending_ && !join_owner()) {
      if (take_over()) return;
      pollfd wake{wake_, POLLIN, 0};
      ::poll(&wake, 1, kLookMs);
    }
  }
}

// false: the owner is gone; the connection waits for the next one.
bool GatewayHost::pass_on_next() {
  const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0) return true;
  const std::lock_guard lock(mutex_);
  if (link_.pass_on(socket)) return true;
  waiting_.push_back(socket);
  return false;
}

// With other settings than ours it is no owner for these calls: they wait until it ends.
bool GatewayHost::join_owner() {
  const std::lock_guard lock(mutex_);
  std::string theirs;
  if (link_.connect(options_.state_dir, &theirs) != OwnerLink::State::kReady || theirs != profile_) return false;
  before_ = link_.figures();
  while (!waiting_.empty() && link_.pass_on(waiting_.back())) waiting_.pop_back();
  return waiting_.empty();
}

bool GatewayHost::take_over() {
  std::unique_ptr<OwnGateway> made;
  try {
    made = std::make_unique<OwnGateway>(options_, server_);
  } catch (const std::exception&) {
    return false;
  }
  const std::lock_guard lock(mutex_);
  for (const int socket : waiting_) made->adopt(socket);
  waiting_.clear();
  before_ = {};
  own_ = std::move(made);
  close_listening();
  return true;
}

Figures GatewayHost::figures() {
  const std::lock_guard lock(mutex_);
  if (own_) return own_->figures();
  Figures now = link_.figures();
  now.requests -= before_.requests;
  now.batches -= before_.batches;
  now.cache_hits -= before_.cache_hits;
  now.saved_usd -= before_.saved_usd;
  return now;
}

bool GatewayHost::is_shared() {
  const std::lock_guard lock(mutex_);
  return has_joined_ || (own_ && own_->was_shared());
}

std::string GatewayHost::stats() {
  const std::lock_guard lock(mutex_);
  return own_ ? own_->stats() : std::string();
}

void GatewayHost::stop_taking() {
  if (OwnGateway* const mine = own()) mine->stop_taking();
}

bool GatewayHost::submit(std::int64_t timeout_ms) {
  OwnGateway* const mine = own();
  return mine == nullptr || mine->submit(timeout_ms);
}

void GatewayHost::stop() {
  if (OwnGateway* const mine = own()) mine->stop();
}

}  // namespace cli
