// Pack: groups encoded requests into remote batches of the provider's size and writes their request files.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/requests/canary_quota.h"
#include "core/requests/input_digest.h"
#include "core/requests/intake.h"
#include "core/results/id_file.h"
#include "store/spool.h"

namespace br {

struct PackPlan {
  std::string job_id;
  const Spool* spool = nullptr;  // nullptr: count only, write nothing
  bool split = false;            // cut what is over a limit instead of refusing it
  bool keep_unified = false;     // for the audit file
  std::int64_t default_max_tokens = 1024;
  std::string id_tag = {};       // stands in the ids of those vendors that keep no marker
  std::int64_t canary = 0;       // so many requests of each kind go first, in batches of their own; 0: none
};

// What stands in the ids on the wire of a job's requests where the vendor keeps no marker: the beginning of its own id.
std::string id_tag_of(std::string_view job_id);

class Packer : public RequestSink {
 public:
  explicit Packer(PackPlan plan) : plan_(std::move(plan)), quota_(plan_.canary) {}
  Result<void> add(const Provider& provider, const EncodedRequest& request) override;
  // After the last request: Code::limit when the batch is over a limit and may not be split; else the files are synced
  // and the remote batches come back.
  Result<std::vector<RemoteBatch>> finish();
  // After it: what each of them asks.
  std::vector<std::string> digests() const { return digests_.texts(); }

 private:
  enum class PartKind : std::uint8_t { ordinary, canary };
  struct OpenPart {
    RemoteBatch batch;
    std::int64_t min_requests = 0;
    std::int64_t inputs = 0;  // texts to embed
    bool mixes = false;       // the vendor takes several models or endpoints in one batch
    InputDigest* digest = nullptr;
    std::unique_ptr<BufferedFile> requests, ids, unified;
    IdSum id_sum;
  };
  Result<OpenPart*> part_for(const Provider& provider, const EncodedRequest& request);
  void make_key(const Provider& provider, const EncodedRequest& item);
  Result<PartKind> kind_for(const Provider& provider, const EncodedRequest& item);  // key_ is that of the part
  Result<OpenPart*> begin_part(const Provider& provider, const EncodedRequest& item, const std::string& key,
                               PartKind kind);
  bool is_full(const OpenPart& part, const EncodedRequest& item) const;
  Result<void> put(const Provider& provider, const EncodedRequest& item);
  static Result<void> end_files(OpenPart* part);
  void check_least(const OpenPart& part);
  void over_limit(Error error);

  PackPlan plan_;
  std::vector<std::unique_ptr<OpenPart>> parts_;
  std::map<std::string, OpenPart*, std::less<>> current_;  // by what may not be mixed
  std::string key_;
  CanaryQuota quota_;
  JobDigests digests_;
  std::optional<Error> limit_;
};

}  // namespace br
