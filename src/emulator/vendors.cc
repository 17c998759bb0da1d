#include <algorithm>

#include "emulator/openai_api.h"
#include "emulator/vendor.h"

namespace br::emulator {

namespace {

struct Entry {
  const char* name;
  std::unique_ptr<Vendor> (*make)(World& world);
};

constexpr Entry kVendors[] = {
    {"openai", make_openai},
};

}  // namespace

std::vector<std::unique_ptr<Vendor>> make_vendors(World& world) {
  std::vector<std::unique_ptr<Vendor>> vendors;
  for (const Entry& entry : kVendors) vendors.push_back(entry.make(world));
  return vendors;
}

std::vector<std::string> vendor_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kVendors) names.emplace_back(entry.name);
  return names;
}

bool key_is_known(const EmulatorOptions& options, std::string_view key) {
  if (options.keys.empty()) return !key.empty();
  return std::find(options.keys.begin(), options.keys.end(), key) != options.keys.end();
}

bool model_is_known(const EmulatorOptions& options, std::string_view model) {
  if (options.models.empty()) return model.substr(0, 8) != "no-such-";
  return std::find(options.models.begin(), options.models.end(), model) != options.models.end();
}

}  // namespace br::emulator
