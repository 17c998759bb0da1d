#include "core/requests/model_name.h"

#include <algorithm>
#include <array>

namespace br {
namespace {

// In a pattern # is any digit, all others are themselves.
bool fits(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (pattern[i] == '#' ? !digit : text[i] != pattern[i]) return false;
  }
  return true;
}

bool take_end(std::string_view* name, std::string_view pattern) {
  if (name->size() <= pattern.size() || !fits(name->substr(name->size() - pattern.size()), pattern)) return false;
  name->remove_suffix(pattern.size());
  return true;
}

bool take_path(std::string_view* name) {
  constexpr std::string_view kModels = "models/";
  if (name->starts_with("arn:")) {
    const std::size_t slash = name->rfind('/');
    if (slash == name->npos || name->find(":application-inference-profile/") != name->npos) return false;
    name->remove_prefix(slash + 1);
    return true;
  }
  const std::size_t at = name->rfind(kModels);
  if (at == name->npos || (at != 0 && (*name)[at - 1] != '/')) return false;
  name->remove_prefix(at + kModels.size());
  return true;
}

bool take_version(std::string_view* name) {
  static constexpr std::array<std::string_view, 4> kPatterns = {"-####-##-##", "-########", "@########", "-00#"};
  if (take_end(name, "-v#:#")) return true;
  if (take_end(name, "@default")) return true;
  return std::any_of(kPatterns.begin(), kPatterns.end(), [name](std::string_view p) { return take_end(name, p); });
}

// "us.anthropic.claude-…" runs in a region; "global.…" has a price of its own, so that word stays.
bool take_region(std::string_view* name) {
  static constexpr std::array<std::string_view, 8> kRegions = {"us.", "eu.", "apac.", "jp.",
                                                          "au.", "ca.", "sa.",   "us-gov."};
  for (const std::string_view region : kRegions) {
    if (!name->starts_with(region)) continue;
    name->remove_prefix(region.size());
    return true;
  }
  return false;
}

}  // namespace

std::vector<std::string_view> names_of_model(std::string_view model) {
  std::vector<std::string_view> names = {model};
  if (take_path(&model)) names.push_back(model);
  if (take_region(&model)) names.push_back(model);
  while (take_version(&model)) names.push_back(model);
  if (model.starts_with("anthropic.")) {
    model.remove_prefix(std::string_view("anthropic.").size());
    names.push_back(model);
  }
  return names;
}

}  // namespace br
