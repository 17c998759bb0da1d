#include "store/spool.h"

#include <cctype>

#include "sys/file.h"

namespace br {
namespace {

// Letters, digits and dashes; an underscore becomes a dash, everything else goes.
std::string clean_name(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-') out.push_back(c);
    if (c == '_') out.push_back('-');
  }
  return out;
}

// The vendor's batch id as part of a file name: no slashes, no dots at the beginning.
std::string safe_id(const std::string& id) {
  std::string out;
  for (const char c : id) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
    out.push_back(plain ? c : '-');
  }
  return out;
}

std::string audit_stem(const Job& job, const RemoteBatch& batch) {
  if (job.name.empty()) return "batch_" + safe_id(batch.status.id) + "_";
  std::string stem = clean_name(job.name);
  if (batch.part > 0) stem += "-" + std::to_string(batch.part + 1);
  return stem + "_" + clean_name(batch.model) + "_" + clean_name(batch.provider) + "_";
}

}  // namespace

Result<void> Spool::link_audit_files(const Job& job, const RemoteBatch& batch) const {
  if (batch.status.id.empty()) return {};
  const std::string directory = state_dir_ + "/generated/" + clean_name(batch.provider);
  if (auto made = make_directories(directory); !made) return made;
  const std::string stem = directory + "/" + audit_stem(job, batch);
  const std::pair<std::string, const char*> files[] = {
      {unified(job.id, batch.part), "unified.jsonl"},
      {requests(job.id, batch.part), "provider.jsonl"},
      {output(job.id, batch.part), "output.jsonl"},
      {results(batch), "results.jsonl"},
  };
  for (const auto& [from, kind] : files) {
    if (!path_exists(from)) continue;
    if (auto linked = link_or_copy(from, stem + kind); !linked) return linked;
  }
  return {};
}

}  // namespace br
