// ConfigLayers: settings that stand outside of the command line. In the order in which the later ones count more:
// the user's file ($XDG_CONFIG_HOME/batchrouter/config.toml), ./batchrouter.toml, the variables BATCHROUTER_….
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/handles.h"

namespace cli {

class ConfigLayers {
 public:
  struct Value {
    std::string text;
    std::string source;  // "./batchrouter.toml:3", "BATCHROUTER_SPLIT"
  };
  // Those of this process, read once. Throws Failure, also when it is asked again.
  static const ConfigLayers& here();

  // Sets all of them. Throws Failure with the source of what is wrong.
  void apply(br_config* config) const;
  // Where the setting's value comes from; empty: from none of them.
  std::string source_of(const std::string& property) const;
  // on_done of the user's file; empty: none.
  const std::string& on_done() const { return on_done_; }

 private:
  // A file of a project may come from anybody: it can set nothing that runs a program or moves a key.
  enum class Trust { user, project };
  void read_file(const std::string& path, Trust trust);
  void read_environment();

  std::map<std::string, Value> values_;
  std::string on_done_;
};

}  // namespace cli
