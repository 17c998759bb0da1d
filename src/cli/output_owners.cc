#include "cli/output_owners.h"

namespace cli {

std::string output_of(const br_job* job) {
  const char* output = br_job_output(job);
  return output == nullptr ? "" : output;
}

std::string OutputOwners::path_of(const br_job* job) {
  std::string path = output_of(job);
  if (path.empty() || path == "-") return path;
  const std::string younger = younger_than(job);
  if (younger.empty()) return path;
  session_->progress().note(std::string(br_job_id(job)) + ": " + path + " is the output of the younger job " + younger +
                            "; to write these results: batchrouter results " + br_job_id(job) + " -o FILE");
  return "";
}

std::string OutputOwners::younger_than(const br_job* job) {
  if (jobs_.empty()) jobs_ = session_->all_jobs();
  for (const Job& other : jobs_) {
    const bool is_younger = br_job_time(other.get(), BR_TIME_RECORDED) > br_job_time(job, BR_TIME_RECORDED);
    if (is_younger && output_of(other.get()) == output_of(job)) return br_job_id(other.get());
  }
  return "";
}

}  // namespace cli
