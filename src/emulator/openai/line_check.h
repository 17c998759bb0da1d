#pragma once

#include <memory>
#include <string>

#include "emulator/openai/rows.h"

namespace br::emulator {

// Reads the lines of one batch file by the vendor's rules. `endpoint`: what every line's url must be; empty: the rules
// say which they may be.
std::unique_ptr<LineCheck> make_openai_line_check(const EmulatorOptions& options, const RowRules& rules,
                                                  std::string endpoint);

}  // namespace br::emulator
