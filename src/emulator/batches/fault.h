// A scripted misbehaviour, as users write it.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace br::emulator {

// One scripted misbehaviour; docs/emulator.md lists routes, kinds and values.
// Text form: "ROUTE KIND [key=value]...", such as "POST /v1/batches reset_after_execute nth=2 count=1".
struct Fault {
  std::string route;  // "METHOD /path/*/with/holes", "* *", or "batch"
  std::string kind;
  int nth = 1;                                // the first request (or batch) on that route that is hit
  int count = 1;                              // how many in a row; 0: all that follow
  std::map<std::string, std::string> values;  // what the kind needs: status, retry_after, rows, polls, ...

  // Reads the text form. Returns false, with `error` saying what is wrong, if it names no fault.
  static bool parse(std::string_view text, Fault& out, std::string& error);
  // Returns what is wrong with the fault, empty if it can be used.
  std::string problem() const;
};

}  // namespace br::emulator
