// The wall around what threads of ours do and around callbacks that C code calls: nothing that is thrown leaves it. What
// is thrown in an entry point of the C interface ends at abi/guard.h.
#pragma once

#include <exception>
#include <new>
#include <utility>

namespace br {

inline constexpr const char* kOutOfMemory = "out of memory";

// failed(text) is called with what was thrown; it must not need memory to be useful, since there may be none left.
// false: something was thrown.
template <class Work, class Failed>
bool behind_wall(Work&& work, Failed&& failed) noexcept {
  try {
    try {
      std::forward<Work>(work)();
      return true;
    } catch (const std::bad_alloc&) {
      failed(kOutOfMemory);
    } catch (const std::exception& failure) {
      failed(failure.what());
    } catch (...) {
      failed("an exception of an unknown type");
    }
  } catch (...) {  // by failed()
  }
  return false;
}

}  // namespace br
