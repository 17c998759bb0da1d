// IdLedger: which of the ids that were asked have their result, by the id on the wire. Eight bytes and a bit for each,
// sixteen in a batch whose ids another one stands for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "sys/file_system.h"

namespace br {

struct IdFile;  // core/results/id_file.h

// A keyed hash of an id; another seed gives another hash.
std::uint64_t hash_id(std::string_view id, std::uint64_t seed);

class IdLedger {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // Code::store when the file is damaged.
  static Result<IdLedger> load(const IdFile& file, std::uint64_t seed);

  std::size_t size() const { return hashes_.size(); }
  // Place of the id, or kNone if it was never asked.
  std::size_t find(std::string_view id) const;
  bool seen(std::size_t place) const { return seen_[place]; }
  void mark(std::size_t place) {
    seen_count_ += seen_[place] ? 0 : 1;
    seen_[place] = true;
  }
  // The caller's id of that place as a JSON string, where it is not the one on the wire; false: it is.
  Result<bool> custom_id_token(std::size_t place, std::string* token) const;
  bool has_wire_ids() const { return !offsets_.empty(); }
  // Opens the ids file where it is needed; it can be closed at any time.
  void close_file() { ids_file_ = File(); }
  std::size_t unseen() const { return hashes_.size() - seen_count_; }

 private:
  std::uint64_t seed_ = 0;
  std::vector<std::uint64_t> hashes_;   // sorted
  std::vector<std::uint64_t> offsets_;  // of each one's line in the ids file; empty where no wire ids are in use
  FileSystem* files_ = nullptr;
  std::string ids_path_;
  mutable File ids_file_;  // open while ids on the wire are looked up
  std::vector<bool> seen_;
  std::size_t seen_count_ = 0;
};

}  // namespace br
