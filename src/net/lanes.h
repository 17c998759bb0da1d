// Lanes: which of the exchanges that wait is begun next. Each account has a lane of its own, with so many under way at
// a time, and the lanes take turns: one vendor that hangs holds up nobody else. Values, no lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace br {

class Lanes {
 public:
  // per_lane: under way in one lane; in_all: in all of them. A lane that has none under way may always begin one.
  Lanes(std::size_t per_lane, std::size_t in_all) : per_lane_(per_lane), in_all_(in_all) {}

  void add(const std::string& lane, std::uint64_t exchange) { lanes_[lane].waiting.push_back(exchange); }
  // Before the others of its lane: it was begun, and could not go on.
  void put_back(const std::string& lane, std::uint64_t exchange) { lanes_[lane].waiting.push_front(exchange); }
  // The next one, which counts as under way from now on. Nothing: none waits that may begin.
  std::optional<std::uint64_t> begin_next();
  // One that waits is not wanted any more.
  void remove(const std::string& lane, std::uint64_t exchange);
  // One that was begun is over.
  void ended(const std::string& lane);
  std::size_t under_way() const { return under_way_; }

 private:
  struct Lane {
    std::deque<std::uint64_t> waiting;
    std::size_t under_way = 0;
  };
  bool may_begin(const Lane& lane) const {
    if (lane.waiting.empty() || lane.under_way >= per_lane_) return false;
    return lane.under_way == 0 || under_way_ < in_all_;
  }

  const std::size_t per_lane_, in_all_;
  std::map<std::string, Lane> lanes_;
  std::string served_;  // the lane whose turn it was last
  std::size_t under_way_ = 0;
};

}  // namespace br
