// A directory of the test's own, and waiting for other processes.
#pragma once

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "sys/file_system.h"

class Scratch {
 public:
  Scratch() {
    const char* base = getenv("TMPDIR");
    std::string pattern = std::string(base == nullptr ? "/tmp" : base) + "/batchrouter-test-XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~Scratch() {
    if (!path_.empty()) br::posix_files()->remove_tree(path_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name), std::ios::binary) << text;
    return file(name);
  }

 private:
  std::string path_;
};

inline std::string read_text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// Looks again and again until the condition holds; false after half a minute without.
inline bool wait_until(const std::function<bool()>& holds) {
  for (int i = 0; i < 15'000; ++i) {
    if (holds()) return true;
    const timespec pause{0, 2'000'000};
    nanosleep(&pause, nullptr);
  }
  return false;
}
