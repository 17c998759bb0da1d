// Spool: where a job's large bodies lie on disk, and their second names as audit files (docs/state-directory.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "model/error.h"
#include "model/job.h"
#include "sys/file_system.h"

namespace br {

// spool/<job id>/p<part>.{requests,ids,output,results,unified}.jsonl under the state directory.
class Spool {
 public:
  Spool(FileSystem* files, std::string state_dir) : files_(files), state_dir_(std::move(state_dir)) {}
  FileSystem* files() const { return files_; }
  std::string job_directory(const std::string& job_id) const { return state_dir_ + "/spool/" + job_id; }
  std::string requests(const std::string& job_id, std::int32_t part) const { return path(job_id, part, "requests"); }
  std::string ids(const std::string& job_id, std::int32_t part) const { return path(job_id, part, "ids"); }
  std::string output(const std::string& job_id, std::int32_t part) const { return path(job_id, part, "output"); }
  // The one in force: each that replaces another one has a name of its own.
  std::string results(const RemoteBatch& batch) const { return results(batch, batch.refetches); }
  std::string results(const RemoteBatch& batch, std::int32_t refetches) const {
    const std::string kind = refetches == 0 ? "results" : "results-" + std::to_string(refetches);
    return path(batch.job_id, batch.part, kind.c_str());
  }
  std::string unified(const std::string& job_id, std::int32_t part) const { return path(job_id, part, "unified"); }
  // Files of a local run: p<part>.local.<kind>.
  std::string local(const std::string& job_id, std::int32_t part, const char* kind) const {
    return job_directory(job_id) + "/p" + std::to_string(part) + ".local." + kind;
  }

  std::string journal(const std::string& job_id) const { return job_directory(job_id) + "/job.jsonl"; }

  // The journal of the job gets one batch again, or the job's own record; a job that has none yet gets a whole one.
  Result<void> add_to_journal(const Job& job, const RemoteBatch* batch) const;
  // spool/<job id>, made if it is missing. Links in the way are refused.
  Result<void> make_job_directory(const std::string& job_id) const;
  // The request file is there as it was written, or at least as long. The error blocks.
  enum class Check : std::uint8_t { length, content };
  Result<void> check_requests(const RemoteBatch& batch, Check which) const;

  // Gives the files of an accepted or collected batch their audit names. Files that are not there yet are left out. Names
  // that another job's files have already get this job's id added to them.
  Result<void> link_audit_files(const Job& job, const RemoteBatch& batch) const;

 private:
  std::string path(const std::string& job_id, std::int32_t part, const char* kind) const {
    return job_directory(job_id) + "/p" + std::to_string(part) + "." + kind + ".jsonl";
  }
  FileSystem* files_;
  std::string state_dir_;
  mutable std::atomic<bool> is_synced_{false};  // the name of spool itself is durable
};

}  // namespace br
