// The emulator's ledger as JSON.
#pragma once

#include <string>

#include "emulator/emulator.h"

namespace cli {

std::string ledger_json(const br::emulator::Ledger& ledger);

}  // namespace cli
