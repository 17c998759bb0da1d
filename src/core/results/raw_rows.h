// RawRows: the vendor's own rows of one remote batch, found by the ids that they answer, in the file that they were
// downloaded to. What is known of a file that grows is added to; of one that was downloaded anew it is made again.
// Sixteen bytes for each row, and what the ledger of ids takes. Any thread; one call at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/results/id_file.h"
#include "core/results/id_ledger.h"
#include "providers/provider.h"
#include "providers/registry.h"
#include "sys/mutex.h"

namespace br {

struct RawRowsPlan {
  FileSystem* files = nullptr;
  std::string output_path;
  std::optional<IdFile> ids;      // nothing: a batch made elsewhere, ids are as its rows have them
  bool takes_positions = false;   // as the collector's
  bool takes_caller_ids = false;  // likewise
  std::size_t max_line_bytes = 0;
  std::uint64_t hash_seed = 0;
  ProviderUse use;  // with a provider
};

class RawRows {
 public:
  explicit RawRows(RawRowsPlan plan);
  RawRows(const RawRows&) = delete;
  RawRows& operator=(const RawRows&) = delete;

  // The row that became the result of that id, byte for byte as the file has it, without newline: the first that can be
  // read, else one that is damaged. Nothing: the vendor gave none, or it is not here yet.
  Result<std::optional<std::string>> find(std::string_view custom_id);
  std::size_t size() const { return size_; }  // rows that are known

 private:
  struct Place {
    std::uint64_t id_hash;
    std::uint64_t offset;  // a damaged row's has kDamaged added, so that it sorts behind those that can be read
    bool operator<(const Place& other) const {
      return id_hash != other.id_hash ? id_hash < other.id_hash : offset < other.offset;
    }
  };
  Result<void> load_ids() REQUIRES(mutex_);
  void forget() REQUIRES(mutex_);
  Result<void> read_on() REQUIRES(mutex_);
  Result<void> read_lines() REQUIRES(mutex_);
  Result<std::optional<std::uint64_t>> answered_by(const Row& row, bool good) REQUIRES(mutex_);
  Result<std::optional<std::string>> known(std::uint64_t id_hash, bool* stale) REQUIRES(mutex_);
  Result<std::optional<std::string>> row_at(const Place& place) REQUIRES(mutex_);

  const RawRowsPlan plan_;
  std::atomic<std::size_t> size_{0};
  Mutex mutex_;
  const std::unique_ptr<RowReader> reader_ GUARDED_BY(mutex_);
  bool ids_loaded_ GUARDED_BY(mutex_) = false;
  IdLedger ledger_ GUARDED_BY(mutex_);
  std::vector<std::uint64_t> order_ GUARDED_BY(mutex_);  // hashes of the caller's ids, in the order of the requests
  std::vector<Place> places_ GUARDED_BY(mutex_);         // sorted
  std::uint64_t read_to_ GUARDED_BY(mutex_) = 0;         // whole lines of the file are known up to here
};

}  // namespace br
