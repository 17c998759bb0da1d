#include "cli/config_layers.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <toml++/toml.h>

namespace cli {
namespace {

constexpr const char* kProjectFile = "./batchrouter.toml";
constexpr const char* kReferences = "env:NAME, file:PATH or command:CMD";

std::string variable_of(const std::string& property) {
  std::string name = "BATCHROUTER_";
  for (const char c : property) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? static_cast<char>(std::toupper(c)) : '_';
  return name;
}

std::string user_file() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && *config == '/') return std::string(config) + "/batchrouter/config.toml";
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? std::string() : std::string(home) + "/.config/batchrouter/config.toml";
}

// Properties whose value nobody may read again.
bool is_secret_property(const std::string& property) {
  static const Config probe(br_config_new());
  for (std::size_t i = 0; i < br_config_property_count(); ++i) {
    if (property == br_config_property_name(i)) return br_config_get(probe.get(), property.c_str()) == nullptr;
  }
  return property.ends_with("api_key");
}

bool is_own_affair(const std::string& property) {
  return property.ends_with(".api_key") || property.ends_with("_url") || property.starts_with("http.") ||
         property.starts_with("vllm.") || property == "state_dir" || property == "on_done" || is_secret_property(property);
}

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

std::string output_of_command(const std::string& command, const std::string& where) {
  std::FILE* const pipe = ::popen(command.c_str(), "re");
  if (pipe == nullptr) throw Failure(Exit::usage, where + ": the command cannot be run", "");
  std::string out;
  std::array<char, 4096> piece;
  for (std::size_t size; (size = std::fread(piece.data(), 1, piece.size(), pipe)) > 0;) out.append(piece.data(), size);
  const int status = ::pclose(pipe);
  if (status == 0) return without_line_end(out);
  throw Failure(Exit::usage, fmt::format("{}: the command failed with exit code {}", where, WEXITSTATUS(status)),
                "run it by hand to see why");
}

// What "env:NAME", "file:PATH" and "command:CMD" stand for; nothing: the text is none of them.
std::optional<std::string> referenced(const std::string& text, const std::string& where) {
  if (text.starts_with("env:")) {
    const char* value = std::getenv(text.c_str() + 4);
    if (value == nullptr || *value == '\0')
      throw Failure(Exit::usage, where + ": the variable " + text.substr(4) + " is not set", "set it, or name another one");
    return value;
  }
  if (text.starts_with("file:")) {
    std::ifstream file(text.substr(5));
    if (!file) throw Failure(Exit::usage, where + ": the file " + text.substr(5) + " cannot be read", "check its name and mode");
    return without_line_end({std::istreambuf_iterator<char>(file), {}});
  }
  if (text.starts_with("command:")) return output_of_command(text.substr(8), where);
  return std::nullopt;
}

// A value as br_config_set takes it. Throws for what is no value of a setting.
std::string text_of(const toml::node& node, const std::string& where) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* boolean = node.as_boolean()) return boolean->get() ? "1" : "0";
  throw Failure(Exit::usage, where + ": this is no value of a setting", "write a text, a number, true or false");
}

using Visit = std::function<void(const std::string& name, const toml::node& value)>;

void visit_all(const toml::table& table, const std::string& prefix, const Visit& visit) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* inner = node.as_table())
      visit_all(*inner, name + ".", visit);
    else
      visit(name, node);
  }
}

toml::table parse_file(const std::string& path, const std::string& text) {
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    const auto at = error.source().begin;
    throw Failure(Exit::usage, fmt::format("{}:{}:{}: {}", path, at.line, at.column, error.description()),
                  "mend the file; it is TOML");
  }
}

}  // namespace

const ConfigLayers& ConfigLayers::here() {
  static const ConfigLayers layers = [] {
    ConfigLayers made;
    if (const std::string file = user_file(); !file.empty()) made.read_file(file, Trust::user);
    made.read_file(kProjectFile, Trust::project);
    made.read_environment();
    return made;
  }();
  return layers;
}

void ConfigLayers::read_file(const std::string& path, Trust trust) {
  std::ifstream file(path);
  if (!file) {
    if (::access(path.c_str(), F_OK) != 0) return;
    throw Failure(Exit::usage, path + ": cannot be read", "check its mode");
  }
  const toml::table table = parse_file(path, {std::istreambuf_iterator<char>(file), {}});
  visit_all(table, "", [&](const std::string& name, const toml::node& node) {
    const std::string where = fmt::format("{}:{}", path, node.source().begin.line), what = where + ": " + name;
    std::string text = text_of(node, what);
    const bool moves = text.starts_with("command:") || text.starts_with("file:");
    if (trust == Trust::project && (is_own_affair(name) || moves))
      throw Failure(Exit::usage, what + " cannot be set in the file of a project, which could run a program or move a key",
                    "write it into " + user_file());
    if (is_secret_property(name)) {
      const auto secret = referenced(text, what);
      if (!secret) throw Failure(Exit::usage, what + ": a key does not stand in a file", std::string("write ") + kReferences);
      text = *secret;
    } else if (name == "on_done") {
      on_done_ = text;
      return;
    }
    values_[name] = {std::move(text), where};
  });
}

void ConfigLayers::read_environment() {
  for (std::size_t i = 0; i < br_config_property_count(); ++i) {
    const std::string name = br_config_property_name(i), variable = variable_of(name);
    const char* value = std::getenv(variable.c_str());
    if (value != nullptr && *value != '\0') values_[name] = {value, variable};
  }
}

void ConfigLayers::apply(br_config* config) const {
  for (const auto& [name, value] : values_) {
    try {
      call(br_config_set, config, name.c_str(), value.text.c_str());
    } catch (Failure& failure) {
      throw Failure(Exit::usage, value.source + ": " + failure.what(), failure.hint);
    }
  }
}

std::string ConfigLayers::source_of(const std::string& property) const {
  const auto found = values_.find(property);
  return found == values_.end() ? "" : found->second.source;
}

}  // namespace cli
