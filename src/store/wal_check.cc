#include "store/wal_check.h"

#include <cstdint>

namespace br {
namespace {

constexpr std::size_t kHeader = 32, kFrameHeader = 24;
constexpr std::uint32_t kMagic = 0x377f0682;  // with the lowest bit set: checksums of big-endian words
constexpr std::uint32_t kSmallestPage = 512, kLargestPage = 65536;

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::uint32_t little_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
  return value;
}

struct Sums {
  std::uint32_t first = 0, second = 0;
  bool big = false;
  void add(const std::string& bytes, std::size_t at, std::size_t size) {
    for (const std::size_t end = at + size; at < end; at += 8) {
      first += (big ? big_endian(bytes, at) : little_endian(bytes, at)) + second;
      second += (big ? big_endian(bytes, at + 4) : little_endian(bytes, at + 4)) + first;
    }
  }
  bool stand_at(const std::string& bytes, std::size_t at) const {
    return first == big_endian(bytes, at) && second == big_endian(bytes, at + 4);
  }
};

// false: fewer bytes are there.
bool read_exactly(const File& file, std::uint64_t at, std::string* bytes) {
  std::size_t have = 0;
  while (have < bytes->size()) {
    const auto n = file.read_at(bytes->data() + have, bytes->size() - have, at + have);
    if (!n || *n == 0) return false;
    have += *n;
  }
  return true;
}

std::optional<std::string> check_frames(const File& file, const std::string& header, std::uint32_t page, Sums sums) {
  std::string frame(kFrameHeader + page, '\0');
  std::optional<std::uint64_t> bad;
  std::uint64_t number = 1;
  for (std::uint64_t at = kHeader; read_exactly(file, at, &frame); at += frame.size(), ++number) {
    const bool same_generation = frame.compare(8, 8, header, 16, 8) == 0;
    if (!bad) {
      sums.add(frame, 0, 8);
      sums.add(frame, kFrameHeader, page);
      if (same_generation && sums.stand_at(frame, 16)) continue;
      bad = number;
    }
    if (same_generation) return "the frame " + std::to_string(*bad) + " is damaged";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> damage_in_wal(FileSystem* files, const std::string& path) {
  if (files->file_size(path) <= 0) return std::nullopt;
  auto file = files->open_own(path);
  if (!file) return file.error().message;
  std::string header(kHeader, '\0');
  if (!read_exactly(*file, 0, &header)) return "it ends inside its header";
  const std::uint32_t magic = big_endian(header, 0), page = big_endian(header, 8);
  Sums sums;
  sums.big = (magic & 1) != 0;
  sums.add(header, 0, 24);
  const bool known = (magic & ~std::uint32_t{1}) == kMagic && page >= kSmallestPage && page <= kLargestPage;
  if (!known || (page & (page - 1)) != 0 || !sums.stand_at(header, 24)) return "its header is damaged";
  return check_frames(*file, header, page, sums);
}

}  // namespace br
