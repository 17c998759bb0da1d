#include "core/route.h"

namespace br {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool fits(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

Destination read_destination(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return {std::string(text), {}};
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

Result<Routes> Routes::parse(std::string_view text) {
  Routes routes;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view rule = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (rule.empty()) continue;
    const std::size_t equals = rule.rfind('=');
    const std::string_view pattern = equals == std::string_view::npos ? "" : trimmed(rule.substr(0, equals));
    const std::string_view target = equals == std::string_view::npos ? "" : trimmed(rule.substr(equals + 1));
    if (pattern.empty() || target.empty())
      return Error(Code::config, "routes: the rule \"" + std::string(rule) + "\" is not MODEL=PROVIDER",
                   "write rules as gpt-*=openai, claude-*=anthropic");
    routes.rules_.push_back({std::string(pattern), read_destination(target)});
  }
  return routes;
}

const Destination* Routes::find(std::string_view model) const {
  for (const Rule& rule : rules_) {
    if (fits(rule.pattern, model)) return &rule.destination;
  }
  return nullptr;
}

}  // namespace br
