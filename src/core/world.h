// World: everything outside of the library that a router works with. The border (abi/) makes the real one; a test or a
// simulation gives its own, so that one seed decides a whole run.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/http.h"
#include "net/transport_options.h"
#include "store/call_store.h"
#include "store/store.h"
#include "sys/clock.h"
#include "sys/file_system.h"
#include "sys/random.h"

namespace br {

// Of what it points to everything serves any thread, and outlives all that was made with it.
struct World {
  // Shared, since the system's clock reads the wall clock once: each router has one of its own age.
  std::shared_ptr<const Clock> clock;
  Random* random = nullptr;
  FileSystem* files = nullptr;
  std::function<std::unique_ptr<Transport>(const TransportOptions& options)> make_transport;
  // path: of the database in the state directory. read_only: opens what is there, beside an owner.
  std::function<Result<std::unique_ptr<Store>>(const std::string& path, bool read_only)> open_store;
  // path: of the captured calls' database. Empty function: this world has none.
  std::function<Result<std::unique_ptr<CallStore>>(const std::string& path)> open_call_store = {};
  // false: a router makes none of its own, and each call that waits does its work meanwhile. One thread then decides
  // everything: it is the only one that uses the router.
  bool has_threads = true;
};

}  // namespace br
