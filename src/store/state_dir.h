// StateDirectory: whether a directory may hold the state, and whether it is still the one that was opened.
#pragma once

#include <string>
#include <vector>

#include "model/error.h"
#include "sys/file_system.h"

namespace br {

class StateDirectory {
 public:
  StateDirectory(FileSystem* files, std::string path) : files_(files), path_(std::move(path)) {}
  const std::string& path() const { return path_; }
  std::string database() const { return path_ + "/state.db"; }
  std::string lock() const { return path_ + "/lock"; }
  std::string spool() const { return path_ + "/spool"; }

  // Code::store when somebody else owns it or can write to it, or when something in it is a symbolic link. A directory
  // that is not there is fine.
  Result<void> check_trust() const;
  // Once directory, lock and database are open.
  void remember();
  // Code::store when one of them is gone or another one: nothing may be paid for that would be recorded nowhere.
  Result<void> check_unchanged() const;

 private:
  struct Remembered {
    std::string path;
    FileIdentity identity;
  };
  Result<void> check_inside(const std::string& path) const;

  FileSystem* files_;
  std::string path_;
  std::vector<Remembered> remembered_;
};

}  // namespace br
