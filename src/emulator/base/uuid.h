#pragma once

#include <string>

#include "emulator/base/ids.h"

namespace br::emulator {

// An id in the form of a UUID of version 4.
inline std::string next_uuid(Ids& ids) {
  std::string digits = ids.next("", 32);
  digits[12] = '4';
  digits[16] = 'a';
  for (size_t at : {8U, 13U, 18U, 23U}) digits.insert(at, 1, '-');
  return digits;
}

}  // namespace br::emulator
