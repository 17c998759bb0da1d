#pragma once

#include <memory>

#include "emulator/vendor/vendor.h"

namespace br::emulator {

// A batch that another program in the same account makes at the same moment: as many rows, of the same form, with other
// questions. Not started yet.
std::unique_ptr<Batch> look_alike(const Batch& original, const LookAlikes& wanted, World& world);

// One line of a batch's input as that program would have written it: the same form, another question, an id of its own
// unless `id` is empty.
std::string strange_line(std::string_view line, std::string_view id);

// An object in JSON with the text at that path replaced; without it where `text` is empty. As it was if there is none.
std::string with_text_at(std::string_view object, const std::vector<std::string>& path, std::string_view text);

}  // namespace br::emulator
