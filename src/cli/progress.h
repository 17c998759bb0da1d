// What people see while a job runs, on standard error: a bar on a terminal, plain lines elsewhere, nothing with -q and
// --json.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "cli/handles.h"
#include "cli/options.h"

namespace cli {

class Progress {
 public:
  explicit Progress(const Options& options);
  ~Progress() { clear(); }

  // How the job stands now; draws when there is something new to see.
  void show(const br_job* job);
  // A line of its own, above the bar. Not for data.
  void note(const std::string& line);
  // Takes the bar off the screen.
  void clear();

  bool is_bar() const { return bar_; }
  bool is_silent() const { return silent_; }

 private:
  struct Seen {
    std::int32_t state = 0;
    std::int64_t finished = -1, at_ms = 0;
  };
  void draw_bar(const br_job* job);
  void print_line(const br_job* job);

  bool silent_, bar_, colour_;
  bool drawn_ = false;
  std::int64_t started_ms_;
  std::map<std::string, Seen> seen_;
};

// 1234567 as 1,234,567.
std::string grouped(std::int64_t number);
// Requests of the job that have ended.
std::int64_t finished_requests(const br_job* job);

}  // namespace cli
