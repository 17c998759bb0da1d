// completions: what a shell needs to complete our command line, read off the command line itself.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/app.h"
#include "cli/commands/commands.h"

namespace cli {
namespace {

struct Word {
  std::string text, doc;
  bool takes_value = false;
};

std::vector<Word> command_words(const CLI::App& app) {
  std::vector<Word> words;
  for (const CLI::App* sub : app.get_subcommands({})) words.push_back({sub->get_name(), sub->get_description(), false});
  return words;
}

std::vector<Word> option_words(const CLI::App& app) {
  std::vector<Word> words;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames())
      words.push_back({"--" + name, option->get_description(), option->get_type_size_max() > 0});
    for (const std::string& name : option->get_snames())
      words.push_back({"-" + name, option->get_description(), option->get_type_size_max() > 0});
  }
  return words;
}

std::string texts(const std::vector<Word>& words) {
  std::string out;
  for (const Word& word : words) out += (out.empty() ? "" : " ") + word.text;
  return out;
}

void print_bash(const CLI::App& app) {
  fmt::print("_batchrouter() {{\n"
             "  local word command options i\n"
             "  COMPREPLY=()\n"
             "  word=${{COMP_WORDS[COMP_CWORD]}}\n"
             "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
             "    case ${{COMP_WORDS[i]}} in\n");
  for (const Word& command : command_words(app)) fmt::print("      {0}) command={0}; break ;;\n", command.text);
  fmt::print("    esac\n  done\n  case $command in\n    '') options='{} {}' ;;\n", texts(command_words(app)),
             texts(option_words(app)));
  for (const CLI::App* sub : app.get_subcommands({}))
    fmt::print("    {}) options='{}' ;;\n", sub->get_name(), texts(option_words(*sub)));
  fmt::print("  esac\n"
             "  if [[ -z $command || $word == -* ]]; then\n"
             "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
             "  fi\n"
             "}}\n"
             "complete -o default -F _batchrouter batchrouter\n");
}

// In single quotes for zsh and fish.
std::string shell_string(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') out += "'\\''";
    else out += c;
  }
  return "'" + out + "'";
}

// The characters that mean something in a specification of zsh's _arguments.
std::string zsh_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

void print_zsh(const CLI::App& app) {
  fmt::print("#compdef batchrouter\n_batchrouter() {{\n  local -a commands\n  commands=(\n");
  for (const Word& command : command_words(app))
    fmt::print("    {}\n", shell_string(command.text + ":" + zsh_escaped(command.doc)));
  fmt::print("  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n  case $words[2] in\n");
  for (const CLI::App* sub : app.get_subcommands({})) {
    fmt::print("    {})\n      _arguments", sub->get_name());
    for (const Word& option : option_words(*sub))
      fmt::print(" \\\n        {}", shell_string("*" + option.text + "[" + zsh_escaped(option.doc) + "]" +
                                            (option.takes_value ? ":value:_files" : "")));
    fmt::print(" \\\n        '*:file:_files' ;;\n");
  }
  fmt::print("  esac\n}}\ncompdef _batchrouter batchrouter\n");
}

void print_fish(const CLI::App& app) {
  const std::string none = "not __fish_seen_subcommand_from " + texts(command_words(app));
  for (const Word& command : command_words(app))
    fmt::print("complete -c batchrouter -f -n {} -a {} -d {}\n", shell_string(none), command.text, shell_string(command.doc));
  for (const CLI::App* sub : app.get_subcommands({})) {
    for (const Word& option : option_words(*sub)) {
      const bool is_long = option.text.starts_with("--");
      fmt::print("complete -c batchrouter -n {} {} {} -d {}{}\n",
                 shell_string("__fish_seen_subcommand_from " + sub->get_name()), is_long ? "-l" : "-s",
                 option.text.substr(is_long ? 2 : 1), shell_string(option.doc), option.takes_value ? " -r" : "");
    }
  }
}

}  // namespace

Exit run_completions(const Options& options) {
  Options unused;
  const auto app = make_app(&unused);
  if (options.shell == "bash") print_bash(*app);
  else if (options.shell == "zsh") print_zsh(*app);
  else print_fish(*app);
  return Exit::ok;
}

}  // namespace cli
