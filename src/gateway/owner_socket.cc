#include "gateway/owner_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace br::gateway {
namespace {

constexpr const char* kSocketName = "/gateway.sock";
constexpr int kPeers = 64;
constexpr size_t kLongestMessage = 64 * 1024;
constexpr long kAnswerSeconds = 5;
constexpr char kAsk = '?', kConnection = 'c';

// A directory by its descriptor: an address of a socket holds about a hundred characters, and paths are longer.
struct DirectoryHandle {
  explicit DirectoryHandle(const std::string& path) : fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
  ~DirectoryHandle() {
    if (fd >= 0) ::close(fd);
  }
  DirectoryHandle(const DirectoryHandle&) = delete;
  DirectoryHandle& operator=(const DirectoryHandle&) = delete;
  std::string socket_path() const { return "/proc/self/fd/" + std::to_string(fd) + kSocketName; }
  int fd;
};

sockaddr_un address_of_path(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

ucred other_end(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) peer.uid = static_cast<uid_t>(-1);
  return peer;
}

bool send_message(int fd, std::string_view bytes, int passed = -1) {
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (passed >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &passed, sizeof(int));
  }
  ssize_t sent = 0;
  do sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(bytes.size());
}

// Empty: the other end has gone. `passed`: a descriptor that came along, or -1.
std::string receive_message(int fd, int* passed) {
  std::string bytes(kLongestMessage, '\0');
  iovec piece{bytes.data(), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  do got = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  *passed = -1;
  for (cmsghdr* header = got < 0 ? nullptr : CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
      std::memcpy(passed, CMSG_DATA(header), sizeof(int));
  }
  bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return bytes;
}

}  // namespace

OwnerSocket::OwnerSocket(Parts parts, std::string& error) : parts_(std::move(parts)) {
  const DirectoryHandle directory(parts_.directory);
  const std::string path = directory.socket_path();
  const sockaddr_un address = address_of_path(path);
  listening_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  ::unlink(path.c_str());  // of an owner that died: the directory is locked, so nobody else listens there
  const bool listens = directory.fd >= 0 && listening_ >= 0 && wake_ >= 0 && ::fchmod(listening_, 0600) == 0 &&
                       ::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                       ::chmod(path.c_str(), 0600) == 0 && ::listen(listening_, kPeers) == 0;
  if (!listens)
    error = parts_.directory + kSocketName + ": cannot listen there for other processes: " + std::strerror(errno);
  else
    thread_ = std::thread([this] { run(); });
}

OwnerSocket::~OwnerSocket() {
  ending_ = true;
  close();
  if (thread_.joinable()) {
    thread_.join();
    ::unlink(DirectoryHandle(parts_.directory).socket_path().c_str());
  }
  if (listening_ >= 0) ::close(listening_);
  if (wake_ >= 0) ::close(wake_);
}

void OwnerSocket::close() {
  closing_ = true;
  const uint64_t one = 1;
  if (wake_ >= 0) [[maybe_unused]]
    const auto written = ::write(wake_, &one, sizeof one);
}

void OwnerSocket::run() {
  while (!ending_) {
    if (closing_) {
      for (const int peer : peers_) ::close(peer);
      peers_.clear();
    }
    std::vector<pollfd> all = {{wake_, POLLIN, 0}, {listening_, POLLIN, 0}};
    for (const int peer : peers_) all.push_back({peer, POLLIN, 0});
    if (::poll(all.data(), all.size(), -1) < 0) continue;
    uint64_t ignored = 0;
    if (all[0].revents != 0 && ::read(wake_, &ignored, sizeof ignored) < 0) break;
    for (size_t i = 2; i < all.size(); ++i) {
      if (all[i].revents == 0 || closing_ || serve(all[i].fd)) continue;
      ::close(all[i].fd);
      peers_.erase(std::find(peers_.begin(), peers_.end(), all[i].fd));
    }
    if (all[1].revents != 0) accept_one();
  }
  for (const int peer : peers_) ::close(peer);
}

void OwnerSocket::accept_one() {
  const int peer = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
  if (peer < 0) return;
  if (closing_ || other_end(peer).uid != ::geteuid())
    ::close(peer);
  else
    peers_.push_back(peer);
}

bool OwnerSocket::serve(int peer) {
  int passed = -1;
  const std::string message = receive_message(peer, &passed);
  if (message.empty()) return false;
  shared_ = true;
  if (passed >= 0) parts_.adopt(passed);
  if (message.front() != kAsk) return true;
  const Figures f = parts_.figures();
  std::array<char, 160> line{};
  std::snprintf(line.data(), line.size(), "%lld %lld %lld %.9f\n", static_cast<long long>(f.requests),
                static_cast<long long>(f.batches), static_cast<long long>(f.cache_hits), f.saved_usd);
  return send_message(peer, std::string(line.data()) + parts_.profile);
}

OwnerLink::~OwnerLink() { close(); }

void OwnerLink::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

OwnerLink::State OwnerLink::connect(const std::string& directory, std::string* profile) {
  close();
  const DirectoryHandle handle(directory);
  fd_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of_path(handle.socket_path());
  const bool connected = handle.fd >= 0 && fd_ >= 0 &&
                         ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const ucred peer = connected ? other_end(fd_) : ucred{};
  if (!connected || peer.uid != ::geteuid()) {
    close();
    return State::kNobody;
  }
  owner_ = peer.pid;
  const timeval limit{kAnswerSeconds, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const std::string answer = ask();
  if (answer.empty()) {
    close();
    return State::kEnding;
  }
  *profile = answer.substr(answer.find('\n') + 1);
  return State::kReady;
}

std::string OwnerLink::ask() {
  int passed = -1;
  if (fd_ < 0 || !send_message(fd_, std::string_view(&kAsk, 1))) return {};
  std::string answer = receive_message(fd_, &passed);
  if (passed >= 0) ::close(passed);
  return answer;
}

bool OwnerLink::pass_on(int socket) {
  if (fd_ < 0 || !send_message(fd_, std::string_view(&kConnection, 1), socket)) return false;
  ::close(socket);
  return true;
}

Figures OwnerLink::figures() {
  Figures out;
  long long requests = 0, batches = 0, hits = 0;
  if (std::sscanf(ask().c_str(), "%lld %lld %lld %lf", &requests, &batches, &hits, &out.saved_usd) != 4) return {};
  out.requests = requests;
  out.batches = batches;
  out.cache_hits = hits;
  return out;
}

}  // namespace br::gateway
