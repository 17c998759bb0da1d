// What went wrong with a path, from errno.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

#include "model/error.h"

namespace br {

inline Error io_error(const std::string& path, const char* verb) {
  const int number = errno;
  const char* hint = "";
  if (number == ENOSPC || number == EDQUOT) hint = "free some space and run it again";
  if (number == EACCES || number == EPERM) hint = "check owner and mode of the path";
  if (number == ENOENT) hint = "check the path";
  if (number == EMFILE || number == ENFILE) hint = "allow more open files (ulimit -n)";
  Error error(Code::io, path + ": cannot " + verb + ": " + std::strerror(number), hint);
  error.transient = number == EMFILE || number == ENFILE;  // some are closed before long
  return error;
}

}  // namespace br
