// Whether two jobs ask the same: a digest of ids and encoded bodies as the caller gave them, without the ids of ours that
// stand for the caller's on the wire, which differ from job to job.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/job.h"
#include "store/spool.h"

namespace br {

class InputDigest {
 public:
  // id_json: the caller's custom_id as a JSON string. wire_id: what stands for it in `line`; empty: nothing does.
  // line: the vendor's line, with or without its newline.
  void add(std::string_view id_json, std::string_view wire_id, std::string_view line);
  // The same text as if an id of ours stood in `line` where the caller's own stands.
  void add_own_id(std::string_view id_json, std::string_view line);
  std::string text() const;

 private:
  void absorb(std::string_view bytes);
  void add_without(std::string_view id_json, std::size_t at, std::size_t size, std::string_view line);

  std::uint64_t first_ = 0x9e3779b97f4a7c15U, second_ = 0xd1b54a32d192ed03U;
};

// The digests of a job's parts. However its requests were cut into batches, those that may stand in one batch (one
// provider, account, endpoint and model, as far as the vendor asks for that) have one digest, in the order of the input:
// the same requests with another limit, or behind a canary, are the same input.
class JobDigests {
 public:
  // The parts come in their order; of() of a later part ends what the earlier ones of its kind add.
  InputDigest* of(const RemoteBatch& batch);
  // For each part: the digest of its kind at the first of them, empty at the others.
  std::vector<std::string> texts() const;

 private:
  std::map<std::string, std::size_t, std::less<>> first_;  // the first part of each kind
  std::vector<std::unique_ptr<InputDigest>> parts_;        // nullptr: the digest stands at an earlier one
};

// What a job asks and of whom, from JobDigests::texts(); jobs of one such text ask the same.
std::string input_of(const std::vector<RemoteBatch>& batches, const std::vector<std::string>& digests);
// The same from the files of a job whose digests nobody kept.
Result<std::string> input_of_files(const Spool& spool, const Job& job);
// Of the retries of that job.
std::string input_of_retry(std::string_view parent);

}  // namespace br
