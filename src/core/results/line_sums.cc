#include "core/results/line_sums.h"

#include "sys/checksum.h"

namespace br {
namespace {

constexpr std::size_t kSumBytes = 8;
constexpr std::size_t kMostBytes = std::size_t{1} << 30;
constexpr std::size_t kBlock = 4096;

void append_bytes(std::uint64_t sum, std::string* out) {
  for (std::size_t b = 0; b < kSumBytes; ++b, sum >>= 8) out->push_back(static_cast<char>(sum & 0xff));
}

}  // namespace

std::uint64_t LineSums::sum_of(std::string_view line) {
  Checksum sum;
  sum.add(line);
  return sum.value();
}

Result<std::optional<std::vector<std::uint64_t>>> LineSums::read(FileSystem* files, const std::string& results_path) {
  const std::string path = path_of(results_path);
  if (!files->exists(path)) return std::optional<std::vector<std::uint64_t>>();
  auto bytes = files->read_own_file(path, kMostBytes);
  BR_RETURN_IF_ERROR(bytes);
  std::vector<std::uint64_t> sums(bytes->size() / kSumBytes);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    for (std::size_t b = 0; b < kSumBytes; ++b)
      sums[i] |= std::uint64_t{static_cast<unsigned char>((*bytes)[i * kSumBytes + b])} << (8 * b);
  }
  return std::optional(std::move(sums));
}

Result<void> LineSums::write(FileSystem* files, const std::string& results_path, const std::vector<std::uint64_t>& sums) {
  const std::string path = path_of(results_path), fresh = path + ".new";
  auto file = files->create(fresh);
  BR_RETURN_IF_ERROR(file);
  std::string bytes;
  for (const std::uint64_t sum : sums) append_bytes(sum, &bytes);
  BR_RETURN_IF_ERROR(file->append(bytes));
  BR_RETURN_IF_ERROR(file->sync());
  return files->rename(fresh, path);
}

Result<void> LineSums::sync(FileSystem* files, const std::string& results_path) {
  if (!files->exists(path_of(results_path))) return {};
  auto file = files->open_update(path_of(results_path));
  BR_RETURN_IF_ERROR(file);
  return file->sync();
}

Result<void> LineSums::open(FileSystem* files, const std::string& results_path) {
  auto file = files->open_append(path_of(results_path));
  BR_RETURN_IF_ERROR(file);
  file_ = std::make_unique<BufferedFile>(std::move(*file), kBlock);
  return {};
}

void LineSums::add(std::string_view line) { append_bytes(sum_of(line), &file_->buffer()); }

Result<void> LineSums::flush() { return file_->flush(); }

}  // namespace br
