#pragma once

#include <memory>

#include "emulator/vendor.h"

namespace br::emulator {

std::unique_ptr<Vendor> make_openai(World& world);
std::unique_ptr<Vendor> make_anthropic(World& world);
std::unique_ptr<Vendor> make_google(World& world);

}  // namespace br::emulator
