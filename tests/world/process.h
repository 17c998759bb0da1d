// Process: one run of the program in a simulated world: a router over the world's disk, clock and network, that can be
// killed at any step it takes.
#pragma once

#include <memory>
#include <string>

#include "core/config.h"
#include "core/router/router.h"
#include "world/files.h"
#include "world/life.h"
#include "world/sqlite_vfs.h"
#include "world/timeline.h"
#include "world/wire.h"

namespace br::world {

class Process {
 public:
  struct Place {
    Disk* disk;
    SharedDatabases* databases;
    Wire::Ends ends;
  };
  // steps: so many it takes before it is killed; negative: it is not.
  Process(const Place& place, int number, std::int64_t steps, std::int64_t clock_off_by_ms, std::uint64_t seed);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  Result<void> open(const Config& config);
  // In order, as a program that comes to its end.
  Result<void> close();
  void kill() { life_.end(); }
  Life& life() { return life_; }
  bool is_over() const { return life_.is_over() || router_ == nullptr; }
  bool was_killed() const { return life_.is_over(); }
  int number() const { return life_.number(); }
  std::int64_t steps() const { return life_.steps(); }
  Router& router() { return *router_; }

 private:
  World world();

  Place place_;
  Life life_;
  Files files_;
  SqliteVfs vfs_;
  std::shared_ptr<const Clock> clock_;
  WorldRandom random_;
  std::shared_ptr<Router> router_;
};

}  // namespace br::world
