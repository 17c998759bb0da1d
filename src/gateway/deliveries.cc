#include "gateway/deliveries.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace br::gateway {
namespace {

enum class Fate { kOpen, kArrived, kLost };

Fate fate_of(int socket) {
  char byte = 0;
  const ssize_t got = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got >= 0) return Fate::kArrived;
  if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return Fate::kLost;
  int unsent = 0;
  return ::ioctl(socket, TIOCOUTQ, &unsent) == 0 && unsent == 0 ? Fate::kArrived : Fate::kOpen;
}

}  // namespace

void Deliveries::arrived(int socket) {
  const auto found = open_.find(socket);
  if (found == open_.end()) return;
  intake_.delivered(std::move(found->second));
  open_.erase(found);
}

void Deliveries::settle() {
  for (auto at = open_.begin(); at != open_.end();) {
    const Fate fate = fate_of(at->first);
    if (fate == Fate::kArrived) intake_.delivered(std::move(at->second));
    at = fate == Fate::kOpen ? std::next(at) : open_.erase(at);
  }
}

}  // namespace br::gateway
