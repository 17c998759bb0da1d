#include "emulator/base/body_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace br::emulator {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

int open_unlinked(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd >= 0) return fd;
  // Some file systems know no O_TMPFILE; mkostemp makes the file 0600 as well.
  std::string path = directory + "/batchrouter-emulator-XXXXXX";
  const int named = ::mkostemp(path.data(), O_CLOEXEC);
  if (named < 0) fail("cannot make the body file in " + directory);
  ::unlink(path.c_str());
  return named;
}

}  // namespace

BodyFile::BodyFile(const std::string& directory) : fd_(open_unlinked(directory)) {}

BodyFile::~BodyFile() { ::close(fd_); }

uint32_t BodyFile::acquire_chunk() {
  if (free_.empty()) return chunks_++;
  const uint32_t chunk = free_.back();
  free_.pop_back();
  return chunk;
}

Blob::~Blob() {
  for (uint32_t chunk : chunks_) bodies_->give_chunk(chunk);
}

void Blob::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const int64_t within = size_ % BodyFile::kChunkBytes;
    if (within == 0 && size_ / BodyFile::kChunkBytes == static_cast<int64_t>(chunks_.size())) {
      chunks_.push_back(bodies_->acquire_chunk());
    }
    const size_t room = static_cast<size_t>(BodyFile::kChunkBytes - within);
    const ssize_t done =
        ::pwrite(bodies_->fd_, bytes.data(), std::min(room, bytes.size()), chunks_.back() * BodyFile::kChunkBytes + within);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) fail("cannot write to the body file");
    size_ += done;
    bytes.remove_prefix(static_cast<size_t>(done));
  }
}

size_t Blob::read(int64_t offset, char* to, size_t size) const {
  size_t total = 0;
  while (total < size && offset < size_) {
    const int64_t within = offset % BodyFile::kChunkBytes;
    const int64_t chunk = chunks_[static_cast<size_t>(offset / BodyFile::kChunkBytes)];
    const int64_t room = std::min(BodyFile::kChunkBytes - within, size_ - offset);
    const ssize_t done = ::pread(bodies_->fd_, to + total, std::min(size - total, static_cast<size_t>(room)),
                                 chunk * BodyFile::kChunkBytes + within);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) fail("cannot read the body file");
    total += static_cast<size_t>(done);
    offset += done;
  }
  return total;
}

}  // namespace br::emulator
