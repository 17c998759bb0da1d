// completions: what a shell needs to complete our command line, read off the command line itself.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/app.h"
#include "cli/commands/commands.h"
#include "cli/session.h"

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

// Commands whose first word is a job.
std::vector<std::string> job_commands() {
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if ((command.takes & (kJob | kAnyJob)) != 0) names.emplace_back(command.name);
  }
  return names;
}

std::string join(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(between)) + word;
  return out;
}

// What the scripts ask for while somebody types: jobs of the state directory, vendors, settings; one a line.
void print_jobs() {
  Options quiet;
  if (!has_state(quiet)) return;
  const Session session(quiet, Session::Mode::observer);
  for (const Job& job : session.all_jobs()) fmt::print("{}\n", br_job_id(job.get()));
}

void print_provider_names() {
  for (std::size_t i = 0; i < br_provider_count(); ++i) fmt::print("{}\n", br_provider_name(i));
}

void print_setting_names() {
  for (std::size_t i = 0; i < br_config_property_count(); ++i) fmt::print("{}=\n", br_config_property_name(i));
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
             "  case ${{COMP_WORDS[COMP_CWORD-1]}} in\n"
             "    --provider) options=$(batchrouter completions providers 2>/dev/null) ;;\n"
             "    --set) options=$(batchrouter completions settings 2>/dev/null) ;;\n"
             "    --state-dir | -o | --output) return ;;\n"
             "    *) case $command in\n"
             "         {}) [[ $word == -* ]] || options=$(batchrouter completions jobs 2>/dev/null) ;;\n"
             "         ?*) [[ $word == -* ]] || options= ;;\n"
             "       esac ;;\n"
             "  esac\n"
             "  mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
             "}}\n"
             "complete -o default -F _batchrouter batchrouter\n",
             join(job_commands(), " | "));
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

bool is_job_command(const std::string& name) {
  const Command* command = find_command(name);
  return command != nullptr && (command->takes & (kJob | kAnyJob)) != 0;
}

// Which words complete the option's value; empty: files.
std::string words_of(const Word& option) {
  if (option.text == "--provider") return "providers";
  return option.text == "--set" ? "settings" : "";
}

std::string zsh_words(const std::string& what) {
  return "{compadd -- ${(f)\"$(batchrouter completions " + what + " 2>/dev/null)\"}}";
}

std::string zsh_value(const Word& option) {
  if (!option.takes_value) return "";
  const std::string words = words_of(option);
  return words.empty() ? ":value:_files" : ":value:" + zsh_words(words);
}

std::string fish_words(const std::string& what) {
  return " -f -a " + shell_string("(batchrouter completions " + what + " 2>/dev/null)");
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
                                            zsh_value(option)));
    fmt::print(" \\\n        {} ;;\n", shell_string(is_job_command(sub->get_name()) ? "*:job:" + zsh_words("jobs") : "*:file:_files"));
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
                 option.text.substr(is_long ? 2 : 1), shell_string(option.doc), std::string(option.takes_value ? " -r" : "") + (words_of(option).empty() ? "" : fish_words(words_of(option))));
    }
    if (is_job_command(sub->get_name()))
      fmt::print("complete -c batchrouter -n {}{}\n", shell_string("__fish_seen_subcommand_from " + sub->get_name()),
                 fish_words("jobs"));
  }
}

}  // namespace

Exit run_completions(const Options& options) {
  if (options.shell == "jobs") return print_jobs(), Exit::ok;
  if (options.shell == "providers") return print_provider_names(), Exit::ok;
  if (options.shell == "settings") return print_setting_names(), Exit::ok;
  Options unused;
  const auto app = make_app(&unused);
  if (options.shell == "bash") print_bash(*app);
  else if (options.shell == "zsh") print_zsh(*app);
  else print_fish(*app);
  return Exit::ok;
}

}  // namespace cli
