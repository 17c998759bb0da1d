#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace br::emulator {

// One unlinked file that holds every upload and every result, cut in chunks: it bounds memory and descriptors, and
// nothing is left behind however the process ends. Used by one thread.
class BodyFile {
 public:
  static constexpr int64_t kChunkBytes = 64 * 1024;

  // Throws std::system_error if the directory takes no file.
  explicit BodyFile(const std::string& directory);
  ~BodyFile();
  BodyFile(const BodyFile&) = delete;
  BodyFile& operator=(const BodyFile&) = delete;

 private:
  friend class Blob;
  uint32_t acquire_chunk();
  void give_chunk(uint32_t chunk) { free_.push_back(chunk); }

  int fd_;
  uint32_t chunks_ = 0;
  std::vector<uint32_t> free_;
};

// A sequence of bytes in the body file: written once from front to back, read anywhere. Its chunks go back when it ends.
class Blob {
 public:
  explicit Blob(std::shared_ptr<BodyFile> bodies) : bodies_(std::move(bodies)) {}
  ~Blob();
  Blob(const Blob&) = delete;
  Blob& operator=(const Blob&) = delete;

  // Throws std::system_error if the disk is full.
  void append(std::string_view bytes);
  // Reads up to `size` bytes at `offset`; returns how many there were.
  size_t read(int64_t offset, char* to, size_t size) const;
  int64_t size() const { return size_; }

 private:
  std::shared_ptr<BodyFile> bodies_;
  std::vector<uint32_t> chunks_;
  int64_t size_ = 0;
};

}  // namespace br::emulator
