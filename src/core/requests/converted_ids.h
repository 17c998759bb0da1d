// ConvertedIds: the ids of the lines that convert writes. Lines of vendors' own keep theirs, and what stands for an id
// that the vendor does not take is never one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "model/request.h"
#include "providers/dialect.h"

namespace br {

class ConvertedIds {
 public:
  // What stands for the request's id; empty: itself. number: of the request in the file, from 1.
  std::string choose(const Dialect& dialect, const Request& request, std::uint64_t number);

 private:
  bool claim(std::string_view id) { return taken_.insert(std::hash<std::string_view>()(id)).second; }

  std::unordered_set<std::size_t> taken_;  // hashes of what a made id could be, too: two that are alike cost a number
};

}  // namespace br
