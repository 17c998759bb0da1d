// A world that one seed decides: no real time, disk, database or network.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/world.h"
#include "support/fake_clock.h"
#include "support/fake_files.h"
#include "support/fake_store.h"
#include "support/fake_transport.h"

namespace br::test {

// Outlives every router that was opened in it.
struct FakeWorld {
  FakeWorld(std::uint64_t seed, FakeVendor answers) : random(seed), vendor(std::move(answers)) {}

  // What a process that starts here and now works with. `files` stands for the newest process.
  World begin_process() {
    files = std::make_shared<FakeFiles>(&disk);
    processes.push_back(files);
    World world;
    world.clock = clock;
    world.random = &random;
    world.files = files.get();
    world.make_transport = [this](const TransportOptions& options) -> std::unique_ptr<Transport> {
      return std::make_unique<FakeTransport>(clock.get(), options.files, vendor);
    };
    world.open_store = [this, in = files.get()](const std::string& path, bool) -> Result<std::unique_ptr<Store>> {
      if (auto made = in->open_update(path); !made) return std::move(made.error());
      if (auto synced = in->sync_directory(parent_path(path)); !synced) return std::move(synced.error());
      return open_fake_store(&database);
    };
    return world;
  }

  // The power goes (FakeDisk::crash), or the process is killed. Its router may still be there, and can only be closed: what
  // it does from here on reaches nothing but the vendor. The database goes first: no record tells of a disk that is gone.
  void crash() {
    database.end_process();
    disk.crash();
  }
  void kill() {
    database.end_process();
    disk.kill();
  }

  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  SeededRandom random;
  FakeDisk disk;
  FakeDatabase database;
  FakeVendor vendor;
  std::shared_ptr<FakeFiles> files;
  std::vector<std::shared_ptr<FakeFiles>> processes;  // what is left of old ones may still hold theirs
};

}  // namespace br::test
