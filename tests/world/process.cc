#include "world/process.h"

#include <utility>

#include "store/sqlite_store.h"

namespace br::world {

Process::Process(const Place& place, int number, std::int64_t steps, std::int64_t clock_off_by_ms, std::uint64_t seed)
    : place_(place),
      life_(number, steps),
      files_(place.disk, &life_),
      vfs_(place.disk, &life_, place.databases),
      clock_(std::make_shared<ProcessClock>(place.ends.timeline, &life_, clock_off_by_ms)),
      random_(seed) {
  life_.at_end([disk = place.disk, number] { disk->unlock_all_of(number); });
}

// What is left of one that was killed is taken down, and reaches nothing.
Process::~Process() {
  if (router_ == nullptr) return;
  life_.end();
  (void)router_->close(0);
}

World Process::world() {
  World world;
  world.clock = clock_;
  world.random = &random_;
  world.files = &files_;
  world.has_threads = false;
  world.make_transport = [this](const TransportOptions& options) -> std::unique_ptr<Transport> {
    return std::make_unique<Wire>(place_.ends, &life_, options.files);
  };
  world.open_store = [this](const std::string& path, bool read_only) {
    return open_sqlite_store(&files_, path, read_only, vfs_.name());
  };
  return world;
}

Result<void> Process::open(const Config& config) {
  auto opened = Router::open(config, {}, world());
  BR_RETURN_IF_ERROR(opened);
  router_ = std::move(*opened);
  return {};
}

Result<void> Process::close() {
  auto closed = router_->close(0);
  router_.reset();
  return closed;
}

}  // namespace br::world
