#include "core/requests/converted_ids.h"

namespace br {

std::string ConvertedIds::choose(const Dialect& dialect, const Request& request, std::uint64_t number) {
  constexpr std::uint64_t kApart = 1'000'000'000;  // numbers that no file has
  std::string made = dialect.wire_id(request.custom_id, number, {});
  if (made.empty()) return made;  // no made id is one that the vendor takes as it is
  if (request.form != LineForm::unified && claim(request.custom_id)) return {};
  for (; !claim(made); made = dialect.wire_id(request.custom_id, number, {})) number += kApart;
  return made;
}

}  // namespace br
