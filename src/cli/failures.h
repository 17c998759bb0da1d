// Why requests of a job did not succeed: their errors, counted, the most frequent first.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/handles.h"

namespace cli {

class Failures {
 public:
  // One reason. Messages that differ only in words with digits (ids, numbers of requests, times) are one.
  struct Reason {
    std::int64_t count = 0;
    std::string type, code, message;  // message: of the first
    bool may_help_to_retry = false;
  };

  // Reads the results of a job that is done. Throws Failure.
  static Failures of(br_job* job);

  void add(const br_result* result);
  std::vector<Reason> reasons() const;
  std::int64_t count() const { return count_; }
  // Whether asking the same again may work for any of them.
  bool may_help_to_retry() const { return may_help_; }

  // "  9 of them: invalid_request_error: Your credit balance is too low", a line for each of the most frequent ones.
  std::string text() const;
  // [{"count","type","code","message","transient"}]
  std::string json() const;

 private:
  std::map<std::string, Reason> by_kind_;
  std::int64_t count_ = 0, others_ = 0;  // others: of more kinds than are kept apart
  bool may_help_ = false;
};

}  // namespace cli
