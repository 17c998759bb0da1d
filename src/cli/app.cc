#include "cli/app.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/duration.h"
#include "cli/suggest.h"
#include "cli/terminal.h"
#include "emulator/emulator.h"

namespace cli {
namespace {

// Summary, examples, then what there is to choose from.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
    std::string out = app->get_description() + "\n\nExamples:\n";
    std::istringstream examples(app->get_footer());
    for (std::string line; std::getline(examples, line);) {
      if (!line.empty()) out += "  " + line + "\n";
    }
    out += "\n" + make_usage(app, std::move(name)) + make_positionals(app) + make_groups(app, mode);
    return out + make_subcommands(app, mode);
  }

  std::string make_usage(const CLI::App* app, std::string name) const override {
    std::string usage = CLI::Formatter::make_usage(app, std::move(name));
    const Command* command = find_command(app->get_name());
    if (command != nullptr && (command->takes & kProgram) != 0) {
      while (usage.ends_with('\n')) usage.pop_back();
      usage += " -- CMD [ARG...]\n";
    }
    return usage;
  }
};

std::int64_t duration_of(const std::string& option, const std::string& text) {
  const auto ms = parse_duration(text);
  if (!ms) throw CLI::ValidationError(option, "\"" + text + "\" is no duration; write 500ms, 90s, 15m or 24h");
  return *ms;
}

void add_duration(CLI::App* app, const std::string& name, std::optional<std::int64_t>* into, const std::string& doc) {
  app->add_option_function<std::string>(
         name, [name, into](const std::string& text) { *into = duration_of(name, text); }, doc)
      ->type_name("DURATION");
}

CLI::Option* add_repeated(CLI::App* app, const std::string& name, std::vector<std::string>* into,
                          const std::string& type, const std::string& doc) {
  return app
      ->add_option_function<std::vector<std::string>>(
          name,
          [into](const std::vector<std::string>& values) { into->insert(into->end(), values.begin(), values.end()); },
          doc)
      ->allow_extra_args(false)
      ->type_name(type);
}

void add_general(CLI::App* app, Options* o) {
  app->add_flag("--json", o->json, "Data and errors as JSON.");
  app->add_flag("-q,--quiet", o->quiet, "No progress; errors only.");
  app->add_flag("-v,--verbose", o->verbose, "Say more; twice: everything, each exchange with the vendor too.");
}

void add_settings(CLI::App* app, Options* o) {
  app->add_option("--provider", o->provider, "The vendor of requests that name none themselves.")->type_name("NAME");
  app->add_option("--model", o->model, "The model of requests that name none themselves.")->type_name("NAME");
  app->add_option("--base-url", o->base_url, "Another address of the vendor's API.")->type_name("URL");
  app->add_option("--state-dir", o->state_dir, "Where jobs are kept [.batch_router].")
      ->type_name("DIR")
      ->check([](const std::string& name) {
        // Most often a variable that is not set.
        return name.empty() ? std::string("the name of the directory is empty") : std::string();
      });
  add_duration(app, "--poll-interval", &o->poll_interval_ms, "First wait between two looks; grows to 5 times it [60s].");
  add_duration(app, "--timeout", &o->timeout_ms, "How long to wait; the job goes on after it [24h].");
  app->add_flag("--split", o->split, "Cut what is over the vendor's limits into several remote batches.");
  app->add_option("--canary", o->canary, "Send so many requests of each model first; the rest only if none is refused [0].")
      ->type_name("N")
      ->check(CLI::Range(0, 1'000'000));
  add_duration(app, "--settle", &o->settle_ms,
               "How long a possibly sent batch must stay absent to be sent again [15m].");
  app->add_option("--on-unsupported", o->on_unsupported, "A field the vendor cannot take: error or drop [error].")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"error", "drop"}));
  app->add_option("--max-cost", o->max_cost, "Refuse what may cost more, in US dollars at the batch price.")
      ->type_name("USD")
      ->check(CLI::NonNegativeNumber);
  app->add_option("--name", o->name, "A name for the job and its audit files.")->type_name("NAME");
  add_repeated(app, "--set", &o->set, "KEY=VALUE", "Any setting of docs/configuration.md; can be repeated.");
}

void add_emulator(CLI::App* app, Options* o) {
  app->add_option("--port", o->port, "Port on 127.0.0.1; 0: a free one [0].")->check(CLI::Range(0, 65535));
  app->add_option("--speed", o->speed, "How many times as fast as the clock time passes; 0: it stands still [1].")
      ->check(CLI::NonNegativeNumber);
  add_duration(app, "--latency", &o->latency_ms, "From the creation of a batch to its end, in emulated time [60s].");
  app->add_option("--polls", o->polls, "Instead of by time, a batch moves on every so many looks [0].")
      ->check(CLI::NonNegativeNumber);
  app->add_option("--fail-rate", o->fail_rate, "Share of requests that fail, 0 to 1 [0].")->check(CLI::Range(0.0, 1.0));
  add_repeated(app, "--fault", &o->faults, "FAULT", "A scripted misbehaviour, see docs/emulator.md; can be repeated.");
  add_repeated(app, "--key", &o->keys, "KEY", "An API key it accepts; without one every key; can be repeated.");
  add_repeated(app, "--tenant", &o->tenants, "LINE",
               "Whose key is whose: 'project NAME KEY...', 'stranger KEY...' or 'apart'; can be repeated.");
  add_repeated(app, "--vendor", &o->vendors, "NAME", "Print the address of this vendor only; can be repeated.")
      ->check(CLI::IsMember(br::emulator::Emulator::vendors()));
  app->add_option("--aws-key", o->aws_key, "The access key of bedrock and S3 [AKIDEMULATED:emulated-secret].")
      ->type_name("ID:SECRET");
  app->add_option("--service-account", o->service_account,
                  "Key file of vertex's service account; written if it is not there. Without it one is made.")
      ->type_name("FILE");
  app->add_option("--seed", o->seed, "Seed of ids, of the order of results, of failing requests [1].");
  app->add_flag("--ledger", o->ledger, "At the end, print what was asked and paid, as JSON.");
}

void add_gateway(CLI::App* app, Options* o, bool is_exec) {
  GatewayOptions& g = o->gateway;
  app->add_option("--listen", g.listen,
                  std::string("Where it listens; port 0: a free one [127.0.0.1:") + (is_exec ? "0" : "4141") + "].")
      ->type_name("HOST:PORT");
  add_repeated(app, "--host", &g.hosts, "NAME", "Another name by which it is called; can be repeated.");
  add_repeated(app, "--base-url", &g.base_urls, "PROVIDER=URL", "Another address of a vendor's API; can be repeated.");
  app->add_option("--state-dir", o->state_dir, "Where calls are kept [$XDG_STATE_HOME/batchrouter/gateway].")->type_name("DIR");
  add_duration(app, "--poll-interval", &o->poll_interval_ms, "First wait between two looks; grows to 5 times it [60s].");
  add_duration(app, "--settle", &o->settle_ms, "How long a possibly sent batch must stay absent to be sent again [15m].");
  add_duration(app, "--window", &g.window_ms, "A batch leaves so long after its first call [2s].");
  app->add_option("--max-requests", g.max_requests, "Or with so many calls; 0: the vendor's limit [0].")->check(CLI::NonNegativeNumber);
  app->add_option("--max-bytes", g.max_bytes, "Or with so many bytes.")->check(CLI::NonNegativeNumber);
  add_duration(app, "--first-byte-after", &g.first_byte_after_ms, "A held call gets its first byte after [10s].");
  add_duration(app, "--heartbeat", &g.heartbeat_ms, "And another one each; 0: none [10s].");
  add_duration(app, "--max-wait", &g.max_wait_ms, "No call is held longer [25h].");
  app->add_option("--mode", g.mode, "hold, defer or sync [hold].")->check(CLI::IsMember({"hold", "defer", "sync"}));
  app->add_option("--cache", g.cache, "hit, once or off [hit].")->check(CLI::IsMember({"hit", "once", "off"}));
  app->add_flag("--no-cache", g.no_cache, "As --cache off.");
  app->add_option("--token-file", g.token_file, "File of the token that every call needs; 0600.")->type_name("FILE");
  app->add_option("--auth", g.auth, "Whose key pays: caller or configured [caller].")->check(CLI::IsMember({"caller", "configured"}));
  app->add_option("--tls-cert", g.tls_cert, "PEM file of its certificate.")->type_name("FILE");
  app->add_option("--tls-key", g.tls_key, "PEM file of its private key.")->type_name("FILE");
  app->add_flag("--behind-proxy", g.behind_proxy, "A proxy in front of it does TLS.");
  app->add_option("--max-connections", g.max_connections, "At most so many [16384].")->check(CLI::Range(2, 1'000'000));
  add_duration(app, "--shutdown", &g.shutdown_ms, "How long the end may take to submit what is queued [30s].");
  app->add_flag("--dry-run", g.dry_run, "Nothing is sent; calls get a 400, and the end says what would have been.");
  add_repeated(app, "--set", &o->set, "KEY=VALUE", "Any setting of docs/configuration.md; can be repeated.");
}

void add_command(CLI::App* app, const Command& command, Options* o) {
  CLI::App* sub = app->add_subcommand(command.name, command.summary);
  sub->footer(command.examples);
  if (command.takes & kInput)
    sub->add_option("IN", o->input, "File of lines, - is standard input.")->required()->type_name("");
  if (command.takes & kJob) sub->add_option("JOB", o->job, "Id of the job.")->required()->type_name("");
  if (command.takes & kBatch)
    sub->add_option("BATCH_ID", o->batch, "The vendor's id of a batch.")->required()->type_name("");
  if (command.takes & kPart)
    sub->add_option("--part", o->part, "Which of several remote batches of the job, from 0 [0].")
        ->check(CLI::NonNegativeNumber);
  if (command.takes & kRepeat) {
    sub->add_flag("--again", o->again, "Pay again for requests that a finished job has answered.");
    sub->add_flag("--reuse", o->reuse, "Take the results of the finished job that has the same requests.");
  }
  if (command.takes & kRepeat)
    sub->add_option("--retries", o->retries, "Ask again so often what failed for a passing reason; one OUT for all [0].")
        ->type_name("N")
        ->check(CLI::Range(0, 100));
  if (command.takes & kHook)
    sub->add_option("--on-done", o->on_done, "Run this with sh -c when the job is over; docs/command-line.md says how.")
        ->type_name("CMD");
  if (command.takes & kConnect)
    sub->add_flag("--connect", o->connect, "Make one free call to each vendor with a key: address, proxy, TLS, key.");
  if (command.takes & kPrune) {
    add_duration(sub, "--older-than", &o->older_than_ms, "That ended so long ago.");
    add_repeated(sub, "--state", &o->states, "STATE", "That ended so; can be repeated [any].")
        ->check(CLI::IsMember({"completed", "failed", "cancelled", "expired"}));
    sub->add_flag("--dry-run", o->dry_run, "Only say which.");
  }
  if (command.takes & kAnyJob) sub->add_option("JOB", o->job, "Id of the job; without it, all.")->type_name("");
  if (command.takes & kOutput)
    sub->add_option("-o,--output", o->output, "Where the results go; absent or complete [standard output].")
        ->type_name("OUT");
  if (command.takes & kOutput)
    sub->add_option("--order", o->order, "Order of the results: as they arrive, or as the input has them [arrival].")
        ->type_name("ORDER")
        ->check(CLI::IsMember({"arrival", "input"}));
  if (command.takes & kSettings) add_settings(sub, o);
  if (command.takes & kLimit)
    sub->add_option("--limit", o->limit, "At most so many, the newest first.")->check(CLI::NonNegativeNumber);
  if (command.takes & kFailed)
    sub->add_flag("--failed", o->failed, "The requests that did not succeed, as lines to submit again.");
  if (command.takes & kRefetch)
    sub->add_flag("--refetch", o->refetch, "Download them once more first: what did not come may have come since.");
  if (command.takes & kRemote)
    sub->add_flag("--remote", o->remote, "The batches that --provider knows of, whoever made them.");
  if (command.takes & kMarkdown) sub->add_flag("--markdown", o->markdown, "The table of docs/providers.md.");
  if (command.takes & kShell)
    sub->add_option("SHELL", o->shell, "bash, zsh or fish; or jobs, providers, settings: words that the scripts ask for.")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember({"bash", "zsh", "fish", "jobs", "providers", "settings"}));
  if (command.takes & kEmulator) add_emulator(sub, o);
  if (command.takes & kGateway) add_gateway(sub, o, (command.takes & kProgram) != 0);
  if (command.takes & kCount)
    sub->add_option("N", o->demo_requests, "How many requests [1000].")->type_name("")->check(CLI::Range(1, 1'000'000));
  add_general(sub, o);
  sub->callback([o, name = command.name] { o->command = name; });
}

// ---- what is wrong with a command line ----

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

[[noreturn]] void no_command(const std::string& word) {
  std::vector<std::string> names;
  for (const Command& command : commands()) names.emplace_back(command.name);
  throw Failure(Exit::usage, "there is no command \"" + word + "\"",
                did_you_mean(word, names, "batchrouter --help lists all commands"));
}

// Throws if a command or option is not known; the rest is CLI11's to say.
void check_names(const CLI::App& app, int argc, char** argv) {
  const CLI::App* at = &app;
  bool value_follows = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--") return;
    if (word.size() > 2 && word.starts_with("--")) {
      const std::string name = word.substr(0, word.find('='));
      const CLI::Option* option = at->get_option_no_throw(name);
      if (option == nullptr)
        throw Failure(Exit::usage, "there is no option " + name,
                      did_you_mean(name, option_names(*at),
                                   at == &app ? "batchrouter --help lists all options"
                                              : "batchrouter " + at->get_name() + " --help lists all options"));
      value_follows = name == word && option->get_type_size_max() > 0;
      continue;
    }
    if (!value_follows && at == &app && !word.starts_with("-")) {
      if (find_command(word) == nullptr) no_command(word);
      at = app.get_subcommand(word);
    }
    value_follows = false;
  }
}

// The place of "--" in a command line of a command that runs a program; 0: it is none, or has none. What stands behind
// it is the program's, word by word, so it is not parsed at all.
int program_at(int argc, char** argv) {
  const Command* command = nullptr;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--") return command != nullptr && (command->takes & kProgram) != 0 ? i : 0;
    if (command == nullptr) command = find_command(argv[i]);
  }
  return 0;
}

const CLI::App& chosen(const CLI::App& app) {
  const auto used = app.get_subcommands();
  return used.empty() ? app : *used.front();
}

}  // namespace

std::shared_ptr<CLI::App> make_app(Options* options) {
  auto app = std::make_shared<CLI::App>("Requests to language models through the vendors' batch APIs: about half the "
                                        "price, nothing lost,\nnothing paid twice.",
                                        "batchrouter");
  app->formatter(std::make_shared<HelpFormatter>());
  app->footer(
      "batchrouter run requests.jsonl -o results.jsonl --provider openai\n"
      "batchrouter resume                 # after a crash, a Ctrl-C or a reboot\n"
      "batchrouter demo                   # offline, without a key");
  app->set_version_flag("--version", std::string("batchrouter ") + br_version());
  app->require_subcommand(1);
  add_general(app.get(), options);
  add_settings(app.get(), options);
  for (const Command& command : commands()) add_command(app.get(), command, options);
  return app;
}

namespace {

std::optional<Exit> parse_words(int argc, char** argv, Options* options) {
  const auto app = make_app(options);
  if (argc >= 2 && std::string_view(argv[1]) == "help") {
    // "help run" is "run --help".
    std::string help = "--help";
    std::vector<char*> asked = {argv[0]};
    if (argc > 2) asked.push_back(argv[2]);
    asked.push_back(help.data());
    asked.push_back(nullptr);
    return parse_words(static_cast<int>(asked.size()) - 1, asked.data(), options);
  }
  if (argc < 2) {
    tell_text(fmt::format("{}", app->help()));
    return Exit::usage;
  }
  try {
    app->parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", chosen(*app).help());
    return Exit::ok;
  } catch (const CLI::CallForVersion& version) {
    fmt::print("{}\n", version.what());
    return Exit::ok;
  } catch (const CLI::ParseError& wrong) {
    check_names(*app, argc, argv);
    const CLI::App& at = chosen(*app);
    throw Failure(Exit::usage, wrong.what(),
                  &at == app.get() ? "see batchrouter --help" : "see batchrouter " + at.get_name() + " --help");
  }
  return std::nullopt;
}

// Whether the command runs a program, whose exit codes are not to be mixed with ours.
bool names_program(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (const Command* command = find_command(argv[i])) return (command->takes & kProgram) != 0;
  }
  return false;
}

}  // namespace

std::optional<Exit> parse_arguments(int argc, char** argv, Options* options) {
  if (const int at = program_at(argc, argv); at != 0) {
    options->program.assign(argv + at + 1, argv + argc);
    argc = at;
  }
  try {
    return parse_words(argc, argv, options);
  } catch (Failure& failure) {
    if (names_program(argc, argv)) failure.exit = Exit::not_started;
    throw;
  }
}

}  // namespace cli
