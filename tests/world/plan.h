// Plan: what happens in a simulated world without the product's doing, as values, so that a failing history can be made
// shorter step by step.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "world/cloud.h"
#include "world/wire.h"

namespace br::world {

enum class Deed : std::uint8_t {
  start,       // somebody runs the program
  go_on,       // a running process gets time
  end,         // a running process ends in order
  kill,        // a running process is killed
  power,       // the power fails
  copy,        // the state directory is copied
  put_back,    // and the copy put in its place
  fill_disk,   // so many bytes fit in from now on
  free_disk,
  break_disk,  // writes or syncs fail
  mend_disk,
  pass,        // nobody does anything
};

enum class Command : std::uint8_t { run, results, resume, status, watch, cancel, retry };

struct Step {
  Deed deed = Deed::pass;
  Command command = Command::run;
  std::size_t which = 0;         // of the tasks, or of the running processes
  std::int64_t amount = 0;       // milliseconds, or bytes
  std::int64_t dies_after = -1;  // steps of the process
  std::int64_t copied_at = 0;    // the step of the process at which somebody copies the directory; 0: none
  std::int64_t clock_off_by_ms = 0;
  bool other_key = false;
  bool any_job = false;  // it takes the results of whichever job has some
  std::uint64_t seed = 0;
};

struct Plan {
  std::uint64_t seed = 0;
  std::string vendor;
  Weather weather;
  Manners manners;
  std::size_t tasks = 1;
  std::size_t questions = 1;
  bool two_models = false, canary = false, keeps_audit_files = false;
  std::vector<Step> steps;
};

Plan draw_plan(std::uint64_t seed, const std::string& vendor);
std::string tell(const Step& step);

}  // namespace br::world
