// What a Transport is made with.
#pragma once

#include <cstdint>
#include <string>

#include "sys/file_system.h"

namespace br {

struct TransportOptions {
  FileSystem* files = nullptr;  // where the files lie that go up
  std::int64_t connect_timeout_ms = 30'000;
  // An exchange that moves no byte for so long is broken, and so is one that moves less than 1 KiB a second over it.
  std::int64_t stall_timeout_ms = 60'000;
  // How long a control call may take in all. Files, and answers that hold results, have no such limit.
  std::int64_t call_timeout_ms = 600'000;
  std::int64_t transfers_per_account = 3;  // of whole files, at a time
  std::string ca_file, ca_directory;  // empty: the system's
  std::string ca_pem;                 // certificates themselves, in place of a file
  std::string user_agent;
};

}  // namespace br
