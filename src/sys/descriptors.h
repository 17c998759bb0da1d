// Whether this process, or the machine, has hardly a file descriptor left.
#pragma once

#include <cstddef>

namespace br {

// Takes a few and gives them back: a failure of something that needs one or two is then explained.
bool descriptors_are_short();
// How many this process may have open at once.
std::size_t descriptor_limit();

}  // namespace br
