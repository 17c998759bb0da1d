#include "abi/system_world.h"

#include "net/curl_transport.h"
#include "store/sqlite_call_store.h"
#include "store/sqlite_store.h"

namespace br {

World system_world() {
  static auto* const random = new SystemRandom();  // never destroyed: threads may still use it while the process ends
  return {std::make_shared<const SystemClock>(),
          random,
          posix_files(),
          make_curl_transport,
          [](const std::string& path, bool read_only) { return open_sqlite_store(posix_files(), path, read_only); },
          [](const std::string& path) { return open_sqlite_call_store(posix_files(), path); }};
}

}  // namespace br
