// BrokenRule: what a vendor documents as refused, found before it is sent; in the terms of RequestEncoder::unsupported.
#pragma once

#include <cstdint>
#include <string>

namespace br {

struct BrokenRule {
  std::uint32_t column = 0;
  std::string field;             // the path of what may go
  std::string why;               // continues the vendor's name: "takes no temperature beside thinking"
  std::string fix;
  bool may_be_left_out = false;  // where the caller wants it so; false: it is refused in any case
};

}  // namespace br
