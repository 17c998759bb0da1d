// settings: every property with its value in force, where that comes from, and what it means.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "cli/commands/commands.h"
#include "cli/config_layers.h"
#include "cli/json_text.h"
#include "cli/json_view.h"
#include "cli/settings.h"

namespace cli {
namespace {

struct Setting {
  std::string name, value, source;
  bool is_secret = false;
};

// The first variable of the property's that has a value; empty: none.
std::string variable_in_force(const std::string& property) {
  std::string variables = environment_of(property);
  while (!variables.empty()) {
    const std::size_t comma = variables.find(',');
    const std::string variable = variables.substr(0, comma);
    const char* value = std::getenv(variable.c_str());
    if (value != nullptr && *value != '\0') return variable;
    variables.erase(0, comma == std::string::npos ? comma : comma + 1);
  }
  return {};
}

bool is_option(const Options& options, const std::string& property) {
  return std::any_of(options.set.begin(), options.set.end(),
                     [&](const std::string& pair) { return pair.starts_with(property + "="); });
}

Setting setting_of(const Options& options, const br_config* config, std::size_t index) {
  Setting setting;
  setting.name = br_config_property_name(index);
  const std::string standard = br_config_property_default(index);
  const char* const value = br_config_get(config, setting.name.c_str());
  setting.is_secret = value == nullptr;
  setting.value = value == nullptr ? "" : value;
  const std::string variable = variable_in_force(setting.name);
  const std::string layer = ConfigLayers::here().source_of(setting.name);
  if (is_option(options, setting.name) || (layer.empty() && !setting.is_secret && setting.value != standard)) {
    setting.source = "option";
  } else if (!layer.empty()) {
    setting.source = layer;
  } else if (!variable.empty()) {
    setting.source = variable;
    if (!setting.is_secret) setting.value = std::getenv(variable.c_str());
  } else {
    setting.source = "default";
  }
  return setting;
}

void print_setting_json(const Setting& setting, std::size_t index) {
  fmt::print("{}{{\"name\":{},\"value\":{},\"source\":{},\"default\":{},\"doc\":{}}}", index == 0 ? "" : ",",
             json_text(setting.name), setting.is_secret ? "null" : json_text(setting.value), json_text(setting.source),
             json_text(br_config_property_default(index)), json_text(br_config_property_doc(index)));
}

void print_setting(const Setting& setting, std::size_t index) {
  const char* const hidden = setting.source == "default" ? "(none)" : "(hidden)";
  fmt::print("{} = {}  [{}]\n    {}\n", setting.name, setting.is_secret ? hidden : setting.value, setting.source,
             br_config_property_doc(index));
}

}  // namespace

Exit run_settings(const Options& options) {
  const Config config = make_config(options);
  if (options.json) fmt::print("{{\"settings\":[");
  for (std::size_t i = 0; i < br_config_property_count(); ++i) {
    const Setting setting = setting_of(options, config.get(), i);
    if (options.json)
      print_setting_json(setting, i);
    else
      print_setting(setting, i);
  }
  if (options.json) fmt::print("]}}\n");
  return Exit::ok;
}

}  // namespace cli
