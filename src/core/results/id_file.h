// The ids file: one request a line, in the order of the requests: its custom_id as a JSON string, its number in the job
// and, where another id stands for it on the wire, that one, with blanks between them. The last line, "#" with the
// count and a checksum of the lines above it, tells a whole file from a damaged one; files of older versions have none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "codec/jsonl.h"
#include "model/error.h"
#include "store/spool.h"
#include "sys/file.h"

namespace br {

// An ids file as the batch's record knows it; -1 and empty: not known.
struct IdFile {
  FileSystem* files = nullptr;
  std::string path;
  std::int64_t rows = -1;
  std::string sum;  // its last line
};
IdFile id_file_of(const Spool& spool, const RemoteBatch& batch);

inline constexpr std::size_t kMaxIdLine = std::size_t{64} << 20;

struct IdEntry {
  std::string_view custom_id;  // unescaped
  std::string_view token;      // the JSON string
  std::string_view wire_id;    // custom_id where nothing stands for it
  std::uint64_t number = 0;    // of the request in the job, from 1
  std::uint64_t offset = 0;    // of the line in the file
};

// Reads one line of the file; scratch holds what had to be unescaped. Nothing: it is no such line.
std::optional<IdEntry> read_id_line(std::string_view line, std::string* scratch);

// The checksum of an ids file, made while it is written or read.
class IdSum {
 public:
  void add(std::string_view line);
  std::int64_t count() const { return count_; }
  // The last line of the file.
  std::string last_line() const;

 private:
  std::uint64_t sum_ = 0;
  std::int64_t count_ = 0;
};

// Reads an ids file from its first line to its last, and checks everything that can be checked.
class IdFileReader {
 public:
  static Result<IdFileReader> open(IdFile known);
  // The next entry, valid until the next call; nullptr: the end, of a file that is whole. Code::store names the file
  // and the first line that is damaged.
  Result<const IdEntry*> next();
  // The line of the entry that was read last.
  std::string_view line() const { return line_; }

 private:
  IdFileReader(File file, IdFile known);
  Error damaged(const std::string& what) const;
  Result<const IdEntry*> end(std::string_view last_line);

  std::unique_ptr<File> file_;
  std::unique_ptr<LineReader> lines_;
  IdFile known_;
  std::uint64_t last_number_ = 0;
  IdSum sum_;
  IdEntry entry_;
  std::string_view line_;
  std::string scratch_;
};

Result<void> for_each_id(const IdFile& file, const std::function<void(const IdEntry& entry)>& each);

}  // namespace br
