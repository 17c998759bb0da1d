// The command line itself. app.cc and commands/completions.cc are the only files that see CLI11.
#pragma once

#include <memory>
#include <optional>

#include "cli/handles.h"
#include "cli/options.h"

namespace CLI {
class App;
}

namespace cli {

// The whole command line; parsing it fills `options`, which must outlive it.
std::shared_ptr<CLI::App> make_app(Options* options);

// Fills `options`. A value: nothing is left to do (help was printed). Throws Failure on a wrong command line.
std::optional<Exit> parse_arguments(int argc, char** argv, Options* options);

}  // namespace cli
