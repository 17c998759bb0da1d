// History: what happened in a world, in sentences for whoever reads a failing seed, and counted by kind, so that a run over
// many seeds can tell what it met.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "world/timeline.h"

namespace br::world {

class History {
 public:
  History(const Timeline* timeline, bool keeps_sentences) : timeline_(timeline), began_ms_(timeline->now_ms()), keeps_(keeps_sentences) {}
  // kind: a few words without numbers. more: names and numbers.
  void tell(const std::string& kind, const std::string& more = {}) {
    ++met_[kind];
    if (!keeps_) return;
    char when[32];
    const double seconds = static_cast<double>(timeline_->now_ms() - began_ms_) / 1000.0;
    std::snprintf(when, sizeof(when), "%12.3f s  ", seconds);
    sentences_.push_back(when + kind + (more.empty() ? "" : ": " + more));
  }
  bool keeps_sentences() const { return keeps_; }
  const std::vector<std::string>& sentences() const { return sentences_; }
  const std::map<std::string, std::int64_t>& met() const { return met_; }

 private:
  const Timeline* timeline_;
  std::int64_t began_ms_;
  bool keeps_;
  std::vector<std::string> sentences_;
  std::map<std::string, std::int64_t> met_;
};

}  // namespace br::world
