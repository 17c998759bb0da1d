// Where a command's data goes: standard output, or a file that is absent or complete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "cli/handles.h"

namespace cli {

// The path as others will find it: absolute, without "." and ".."; "-" stays.
std::string absolute_output(const std::string& path);
// Throws Failure if the directory of `path` takes no file.
void check_output(const std::string& path);

// Written beside its place, mode 0600; commit() syncs and renames it there. Without commit() nothing stays behind.
class OutFile {
 public:
  // "-" or empty: standard output.
  explicit OutFile(const std::string& path);
  ~OutFile();
  OutFile(const OutFile&) = delete;
  OutFile& operator=(const OutFile&) = delete;

  void write(const char* data, std::size_t size);
  void commit();
  // Throws the Failure of a write that failed.
  void check() const;
  // For br_write_fn; user_data is the OutFile. A failure is kept and thrown by commit().
  static int take(void* user_data, const char* data, std::size_t size);

 private:
  void put(const char* data, std::size_t size);

  std::string path_, temporary_;
  std::string line_;          // to a terminal: what came of the line that is not complete
  bool is_terminal_ = false;
  int fd_ = -1;
  int error_ = 0;
  std::uint64_t written_ = 0, handed_to_disk_ = 0;
};

// Calls a function of the library that writes through OutFile::take, then puts the file in its place. Where writing failed
// it says that, not that the function was stopped.
template <class Fn, class Handle, class... Args>
void call_writing(OutFile* file, Fn fn, Handle handle, Args... args) {
  try {
    call(fn, handle, &OutFile::take, static_cast<void*>(file), args...);
  } catch (const Failure&) {
    file->check();
    throw;
  }
  file->commit();
}

}  // namespace cli
