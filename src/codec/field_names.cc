#include "codec/field_names.h"

#include <algorithm>
#include <vector>

#include "codec/utf8.h"

namespace br {

std::string join_names(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

std::string nearest_name(std::string_view word, std::span<const std::string_view> names) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view name : names) {
    std::vector<std::size_t> row(name.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j < row.size(); ++j) {
        const std::size_t swap = diagonal + (word[i - 1] == name[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({swap, row[j] + 1, row[j - 1] + 1});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = name;
    }
  }
  return std::string(best);
}

std::string unknown_field(std::string_view name, std::span<const std::string_view> names, std::string_view where) {
  constexpr std::size_t kShown = 60;
  const std::string near = nearest_name(name.substr(0, kShown), names);
  const std::string advice = near.empty() ? "it has " + join_names(names) : "did you mean \"" + near + "\"?";
  return "the field \"" + repair_utf8(name.substr(0, kShown)) + "\" is not one of " + std::string(where) + "; " +
         advice + "; correct or remove it, or put vendor fields into provider_kwargs";
}

}  // namespace br
