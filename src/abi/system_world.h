// The world that is really there: the system's clock, randomness and files, libcurl and SQLite. Nothing else makes these.
#pragma once

#include "core/world.h"

namespace br {

// With a clock of its own; the rest is the process's.
World system_world();

}  // namespace br
