#pragma once

#include <unordered_map>

#include "gateway/intake.h"

namespace br::gateway {

// Answers whose last byte was sent, until it is known whether they arrived. What arrived is told the library; the
// others go back to it, and the next call of their identity gets them.
//
// Arrived is: the client sent its next request or closed in good order; or its system has acknowledged every byte and
// the connection stands. A client that dies with unread bytes resets the connection instead.
class Deliveries {
 public:
  explicit Deliveries(Intake& intake) : intake_(intake) {}

  void sent(int socket, Answer answer) { open_[socket] = std::move(answer); }
  void arrived(int socket);
  void lost(int socket) { open_.erase(socket); }
  // Looks at all of them. Before a new call is taken, so that it finds what its like was answered.
  void settle();

 private:
  Intake& intake_;
  std::unordered_map<int, Answer> open_;
};

}  // namespace br::gateway
