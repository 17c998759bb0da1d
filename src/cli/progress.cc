#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "cli/clock.h"
#include "cli/duration.h"
#include "cli/terminal.h"

namespace cli {
namespace {

constexpr std::int64_t kLineEveryMs = 5000;
constexpr std::int64_t kBarWidth = 30, kLeastBar = 5, kUsualColumns = 80;

bool is_capable_terminal() {
  if (isatty(STDERR_FILENO) == 0) return false;
  const char* term = std::getenv("TERM");
  return term != nullptr && std::string_view(term) != "dumb" && *term != '\0';
}

// The window may have been made smaller meanwhile.
std::int64_t window_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualColumns;
  return size.ws_col;
}

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return no_colour == nullptr || *no_colour == '\0';
}

}  // namespace

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3 && digits[at - 4] != '-'; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::int64_t finished_requests(const br_job* job) {
  return br_job_count(job, BR_COUNT_TOTAL) - br_job_count(job, BR_COUNT_PROCESSING);
}

Progress::Progress(const Options& options)
    : silent_(options.quiet || options.json),
      bar_(!silent_ && is_capable_terminal()),
      colour_(bar_ && wants_colour()),
      started_ms_(steady_ms()) {}

void Progress::show(const br_job* job) {
  if (silent_) return;
  if (bar_) draw_bar(job);
  else print_line(job);
}

// One line of the window at most: what is longer would leave a line behind with every redraw. First the bar shrinks, then
// it goes, then the text is cut.
void Progress::draw_bar(const br_job* job) {
  const std::int64_t total = std::max<std::int64_t>(1, br_job_count(job, BR_COUNT_TOTAL));
  const std::int64_t finished = finished_requests(job);
  std::string text = fmt::format("{:>3} %  {} of {}  {}  {}", finished * 100 / total, grouped(finished),
                                 grouped(br_job_count(job, BR_COUNT_TOTAL)), br_state_name(br_job_state(job)),
                                 show_duration(steady_ms() - started_ms_));
  const std::int64_t room = window_columns() - 1;  // the cursor stands behind it
  if (static_cast<std::int64_t>(text.size()) > room) text.resize(static_cast<std::size_t>(room));
  const auto left = room - static_cast<std::int64_t>(text.size() + std::string_view("[] ").size());
  const std::int64_t width = left < kLeastBar ? 0 : std::min(left, kBarWidth);
  const std::int64_t full = std::clamp<std::int64_t>(finished * width / total, 0, width);
  const std::string filled(static_cast<std::size_t>(full), '#'), rest(static_cast<std::size_t>(width - full), '.');
  std::string bar;
  if (width > 0) bar = fmt::format("[{}{}{}{}] ", colour_ ? "\x1b[32m" : "", filled, colour_ ? "\x1b[0m" : "", rest);
  tell_text("\r\x1b[K" + bar + text);
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::print_line(const br_job* job) {
  Seen& seen = seen_[br_job_id(job)];
  const std::int32_t state = br_job_state(job);
  const std::int64_t finished = finished_requests(job), now = steady_ms();
  const bool moved = finished != seen.finished && now - seen.at_ms >= kLineEveryMs;
  if (state == seen.state && !moved) return;
  seen = {state, finished, now};
  tell("{}: {}, {} of {} requests finished\n", br_job_id(job), br_state_name(state), grouped(finished),
             grouped(br_job_count(job, BR_COUNT_TOTAL)));
}

void Progress::note(const std::string& line) {
  clear();
  tell("{}\n", line);
}

void Progress::clear() {
  if (!drawn_) return;
  tell_text(fmt::format("\r\x1b[K"));
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace cli
