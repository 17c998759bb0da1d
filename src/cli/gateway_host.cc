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
#include "cli/terminal.h"

namespace cli {
namespace {

using br::gateway::Figures;
using br::gateway::OwnerLink;

constexpr int kLookMs = 50;
constexpr int kStartMs = 3'000;     // in which an owner of the lock becomes one that serves
constexpr int kEndingMs = 120'000;  // in which an owner that submits its queue ends
constexpr int kReopenMs = 1'000;    // until the state is opened again that could not be

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

Figures sum_of(Figures a, const Figures& b) {
  a.requests += b.requests;
  a.batches += b.batches;
  a.cache_hits += b.cache_hits;
  a.saved_usd += b.saved_usd;
  return a;
}

Figures difference_of(Figures a, const Figures& b) {
  return sum_of(a, {-b.requests, -b.batches, -b.cache_hits, -b.saved_usd});
}

}  // namespace

GatewayHost::GatewayHost(const Options& options, Pause pause) : options_(options) {
  const Config config = gateway_config(options_);
  server_ = server_options(options_, config.get());
  profile_ = gateway_profile(options_, server_);
  std::string error;
  listening_ = br::gateway::listen_on(server_.host, server_.port, error);
  if (listening_ < 0) throw Failure(Exit::failed, error);
  server_.port = br::gateway::port_of(listening_);
  url_ = br::gateway::url_of(server_.host, server_.port, !server_.tls_cert.empty());
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  for (int waited = 0;; waited += kLookMs) {
    try {
      start();
      break;
    } catch (const Failure& failure) {
      if (!is_locked(failure)) throw;
      std::string theirs;
      const auto state = link_.connect(options_.state_dir, &theirs);
      if (state == OwnerLink::State::kReady) {
        check_profile(theirs);
        before_ = link_.figures();
        has_joined_ = true;
        break;
      }
      // It is no gateway, or one whose end takes too long.
      if (waited >= (state == OwnerLink::State::kEnding ? kEndingMs : kStartMs)) throw;
    }
    if (!pause(kLookMs)) throw Failure(Exit::interrupted, "interrupted while another process uses the state directory");
  }
  thread_ = std::thread([this] { run(); });
}

GatewayHost::~GatewayHost() {
  ending_ = true;
  wake_up();
  if (thread_.joinable()) thread_.join();
  for (const int socket : waiting_) ::close(socket);
  for (const int socket : turned_away_) ::close(socket);
  own_.reset();
  close_listening();
  ::close(wake_);
}

// This process becomes the owner. Throws Failure.
void GatewayHost::start() {
  br::gateway::Options server = server_;
  server.listening = listening();
  failed_ = false;
  auto made = std::make_shared<OwnGateway>(options_, std::move(server), [this](const std::string& why) {
    {
      const std::lock_guard lock(mutex_);
      failure_ = why;
    }
    failed_ = true;
    wake_up();
  });
  const std::lock_guard lock(mutex_);
  own_ = std::move(made);
}

void GatewayHost::wake_up() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

// A gateway that ends refuses connections: nobody may hold it open then.
void GatewayHost::close_listening() {
  const std::lock_guard lock(mutex_);
  if (listening_ >= 0) ::close(listening_);
  listening_ = -1;
}

int GatewayHost::listening() {
  const std::lock_guard lock(mutex_);
  return listening_;
}

void GatewayHost::check_profile(const std::string& theirs) const {
  if (theirs == profile_) return;
  throw Failure(Exit::usage,
                fmt::format("{}: process {} runs the gateway of this state directory, with other settings than: {}",
                            options_.state_dir, link_.owner(), difference(profile_, theirs)),
                "give both the same options and base URLs, or another --state-dir");
}

std::shared_ptr<OwnGateway> GatewayHost::own() {
  const std::lock_guard lock(mutex_);
  return own_;
}

void GatewayHost::run() {
  while (!ending_) {
    if (own() != nullptr)
      be_owner();
    else
      be_front();
    if (!ending_) find_owner();
  }
}

// Until it fails.
void GatewayHost::be_owner() {
  while (!ending_ && !failed_) {
    pollfd wake{wake_, POLLIN, 0};
    ::poll(&wake, 1, -1);
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(wake_, &count, sizeof count);
  }
  if (!ending_) retire();
}

// Passes on what connects until the owner goes.
void GatewayHost::be_front() {
  while (!ending_) {
    std::array<pollfd, 3> all = {{{wake_, POLLIN, 0}, {link_.descriptor(), POLLRDHUP, 0}, {listening(), POLLIN, 0}}};
    if (::poll(all.data(), all.size(), -1) < 0) continue;
    if (all[0].revents != 0) return;
    if (all[1].revents != 0 || (all[2].revents != 0 && !pass_on_next())) return;
  }
}

// Its own gateway can do nothing more. Whoever waited there has been told to ask again.
void GatewayHost::retire() {
  std::shared_ptr<OwnGateway> old;
  std::string why;
  {
    const std::lock_guard lock(mutex_);
    retired_ = sum_of(retired_, own_->figures());
    old = std::move(own_);
    why = failure_;
    in_trouble_ = true;
  }
  tell("batchrouter: {}; the state is opened again as soon as that is possible\n", why);
}

// Becomes the owner, or joins whoever was faster. Whoever connects while the state cannot be opened is told to come
// back; while the owner just changes they wait.
void GatewayHost::find_owner() {
  while (!ending_ && !join_owner()) {
    try {
      return take_over();
    } catch (const Failure& failure) {
      pollfd wake{wake_, POLLIN, 0};
      if (is_locked(failure))
        ::poll(&wake, 1, kLookMs);
      else
        turn_away_for(kReopenMs);
    } catch (const std::exception&) {
      turn_away_for(kReopenMs);
    }
  }
}

// false: the owner is gone; the connection waits for the next one.
bool GatewayHost::pass_on_next() {
  const int socket = ::accept4(listening(), nullptr, nullptr, SOCK_CLOEXEC);
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
  in_trouble_ = false;
  while (!waiting_.empty() && link_.pass_on(waiting_.back())) waiting_.pop_back();
  return waiting_.empty();
}

// Throws where this process cannot be the owner.
void GatewayHost::take_over() {
  start();
  const std::lock_guard lock(mutex_);
  for (const int socket : waiting_) own_->adopt(socket);
  waiting_.clear();
  before_ = {};
  if (std::exchange(in_trouble_, false)) tell("batchrouter: the state is open again\n");
}

void GatewayHost::turn_away_for(int ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  const bool with_tls = !server_.tls_cert.empty();
  std::vector<int> told = std::exchange(waiting_, {});
  for (const int socket : told) br::gateway::turn_away(socket, with_tls);
  while (!ending_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    std::array<pollfd, 2> all = {{{wake_, POLLIN, 0}, {listening(), POLLIN, 0}}};
    if (::poll(all.data(), all.size(), static_cast<int>(left.count())) < 0 || all[1].revents == 0) continue;
    const int socket = ::accept4(listening(), nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    br::gateway::turn_away(socket, with_tls);
    told.push_back(socket);
  }
  // Not at once: what a client still sends would end its connection before it has read why.
  for (const int socket : std::exchange(turned_away_, std::move(told))) ::close(socket);
}

Figures GatewayHost::figures() {
  const std::lock_guard lock(mutex_);
  if (own_) return sum_of(retired_, own_->figures());
  return in_trouble_ ? retired_ : sum_of(retired_, difference_of(link_.figures(), before_));
}

bool GatewayHost::is_shared() {
  const std::lock_guard lock(mutex_);
  return has_joined_ || (own_ && own_->was_shared());
}

std::string GatewayHost::stats() {
  const auto mine = own();
  return mine ? mine->stats() : std::string();
}

void GatewayHost::stop_taking() {
  const auto mine = own();
  {
    const std::lock_guard lock(mutex_);
    if (!mine && !in_trouble_) return;  // another process takes the calls
  }
  ending_ = true;
  wake_up();
  close_listening();
  if (mine) mine->stop_taking();
}

bool GatewayHost::submit(std::int64_t timeout_ms) {
  if (const auto mine = own()) return mine->submit(timeout_ms);
  const std::lock_guard lock(mutex_);
  return !in_trouble_;
}

void GatewayHost::stop() {
  const auto mine = own();
  if (!mine) return;
  close_listening();
  mine->stop();
}

}  // namespace cli
