// The emulator's price list: what a vendor charges for the tokens of one answered row of a batch. Written apart from the
// library's table, from the same pages, so that a receipt and an invoice can be held against each other.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "emulator/batches/rows.h"

namespace br::emulator {

// In millionths of a millionth of a dollar, at the batch price; nothing: the list does not have the model.
std::optional<int64_t> charge_for(std::string_view vendor, std::string_view model, const Tokens& tokens);

}  // namespace br::emulator
