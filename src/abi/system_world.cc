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
          open_sqlite_store,
          open_sqlite_call_store};
}

}  // namespace br
