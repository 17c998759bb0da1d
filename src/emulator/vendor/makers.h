#pragma once

#include <memory>

#include "emulator/vendor/vendor.h"

namespace br::emulator {

std::unique_ptr<Vendor> make_openai(World& world);
std::unique_ptr<Vendor> make_anthropic(World& world);
std::unique_ptr<Vendor> make_google(World& world);
std::unique_ptr<Vendor> make_groq(World& world);
std::unique_ptr<Vendor> make_together(World& world);
std::unique_ptr<Vendor> make_mistral(World& world);
std::unique_ptr<Vendor> make_xai(World& world);
std::unique_ptr<Vendor> make_azure(World& world);
std::unique_ptr<Vendor> make_doubleword(World& world);
std::unique_ptr<Vendor> make_fireworks(World& world);
std::unique_ptr<Vendor> make_bedrock(World& world);
std::unique_ptr<Vendor> make_vertex(World& world);

}  // namespace br::emulator
