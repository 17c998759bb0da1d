#include "gateway/caller.h"

#include <algorithm>
#include <charconv>

#include "gateway/text.h"

namespace br::gateway {
namespace {

constexpr int64_t kNoLimitS = int64_t{31} * 24 * 3600;
constexpr int64_t kPythonRetryS = 120;
constexpr int64_t kJavaRetryS = 60;

// Who is calling, as far as its way of waiting matters.
enum class Client { kOther, kNeverDeferred, kPython, kJava, kDotNet };

bool contains(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

Client client_of(const RequestHead& head) {
  const std::string agent = lowered(head.header("user-agent"));
  // Both build on other SDKs and bring their own retries: three tries a minute at most, or no look at Retry-After.
  if (contains(agent, "ai-sdk/") || contains(agent, "langchain")) return Client::kNeverDeferred;
  const std::string language = lowered(head.header("x-stainless-lang"));
  if (language == "python" || contains(agent, "/python")) return Client::kPython;
  if (language == "java" || language == "kotlin") return Client::kJava;
  if (language == "csharp" || contains(agent, "(.net") || contains(agent, "azsdk-net")) return Client::kDotNet;
  return Client::kOther;
}

int64_t longest_retry_after_s(Client client) {
  if (client == Client::kPython) return kPythonRetryS;
  if (client == Client::kJava) return kJavaRetryS;
  return kNoLimitS;
}

// The client's own limit on silence, where it tells: in seconds.
int64_t stated_timeout_ms(const RequestHead& head) {
  int64_t shortest = 0;
  for (const std::string_view name : {"x-stainless-timeout", "x-stainless-read-timeout"}) {
    const auto ms = duration_ms(head.header(name));
    if (ms && *ms > 0 && (shortest == 0 || *ms < shortest)) shortest = *ms;
  }
  return shortest;
}

}  // namespace

std::optional<int64_t> duration_ms(std::string_view text) {
  constexpr double kLongest = 365.0 * 24 * 3'600'000;
  text = trimmed(text);
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (code != std::errc() || !(number >= 0)) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  double factor = 0;
  if (unit == "ms")
    factor = 1;
  else if (unit == "s" || unit.empty())
    factor = 1000;
  else if (unit == "m" || unit == "min")
    factor = 60'000;
  else if (unit == "h")
    factor = 3'600'000;
  else if (unit == "d")
    factor = 86'400'000;
  else
    return std::nullopt;
  if (number * factor > kLongest) return std::nullopt;
  return static_cast<int64_t>(number * factor);
}

std::string_view mode_name(Mode mode) {
  if (mode == Mode::kDefer) return "defer";
  return mode == Mode::kSync ? "sync" : "hold";
}

bool read_wishes(const Headers& headers, Wishes* out, std::string* error) {
  if (const std::string* mode = find_header(headers, "x-batchrouter-mode")) {
    if (*mode == "hold")
      out->mode = Mode::kHold;
    else if (*mode == "defer")
      out->mode = Mode::kDefer;
    else if (*mode == "sync")
      out->mode = Mode::kSync;
    else
      *error = "x-batchrouter-mode: there is no such mode; it is hold, defer or sync";
  }
  if (const std::string* wait = find_header(headers, "x-batchrouter-max-wait")) {
    out->max_wait_ms = duration_ms(*wait);
    if (!out->max_wait_ms) *error = "x-batchrouter-max-wait: this is no duration; write 500ms, 90s, 15m or 24h";
  }
  if (const std::string* cache = find_header(headers, "x-batchrouter-cache")) {
    if (*cache == "hit" || *cache == "once" || *cache == "off")
      out->cache = *cache;
    else
      *error = "x-batchrouter-cache: there is no such word; it is hit, once or off";
  }
  return error->empty();
}

Patience patience_of(const RequestHead& head, const Wishes& wishes, bool streams, const Options& options) {
  const Client client = client_of(head);
  Patience out{options.mode, options.first_byte_after_ms, options.heartbeat_ms,
               wishes.max_wait_ms.value_or(options.max_wait_ms), longest_retry_after_s(client)};
  if (client == Client::kNeverDeferred && out.mode == Mode::kDefer) out.mode = Mode::kHold;
  // Their limits are on the whole call, which no early byte resets; in a .NET stream every byte does.
  if (client == Client::kJava || (client == Client::kDotNet && !streams)) {
    if (out.mode == Mode::kHold) out.mode = Mode::kDefer;
  }
  if (wishes.mode) out.mode = *wishes.mode;
  if (const int64_t limit = stated_timeout_ms(head); limit > 0) {
    out.first_byte_after_ms = std::min(out.first_byte_after_ms, limit / 2);
    if (out.heartbeat_ms > 0) out.heartbeat_ms = std::max<int64_t>(1, std::min(out.heartbeat_ms, limit / 2));
  }
  return out;
}

}  // namespace br::gateway
