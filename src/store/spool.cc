#include "store/spool.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "store/journal.h"
#include "store/record.h"

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

// mark: tells it from another job of the same name; empty: the name alone.
std::string audit_stem(const Job& job, const RemoteBatch& batch, const std::string& mark) {
  if (job.name.empty()) return "batch_" + safe_id(batch.status.id) + mark + "_";
  std::string stem = clean_name(job.name) + mark;
  if (batch.part > 0) stem += "-" + std::to_string(batch.part + 1);
  return stem + "_" + clean_name(batch.model) + "_" + clean_name(batch.provider) + "_";
}

struct AuditFile {
  std::string from;
  const char* kind;
};
using AuditFiles = std::vector<AuditFile>;

// Where files with that stem are another job's. Ours are links to the spool, so that linking again after a crash finds
// them; a copy, where the file system has no links, has its stem noted beside the spool files.
bool is_taken(FileSystem* system, const std::string& stem, const AuditFiles& files) {
  bool any = false;
  for (const auto& [from, kind] : files) {
    const PathInfo there = system->inspect(stem + kind, Links::look_at);
    if (!there.exists) continue;
    any = true;
    const PathInfo ours = system->inspect(from, Links::look_at);
    if (ours.exists && ours.identity == there.identity) return false;
  }
  return any;
}

Result<std::string> choose_stem(FileSystem* system, const std::string& directory, const std::string& note,
                                const Job& job, const RemoteBatch& batch, const AuditFiles& files) {
  constexpr std::size_t kNoteBytes = 4096, kPrefix = 4, kMark = 8;  // job_ and the first letters of the id
  if (system->exists(note)) {
    if (auto noted = system->read_own_file(note, kNoteBytes); noted && !noted->empty()) return directory + *noted;
  }
  const std::string first = directory + audit_stem(job, batch, {});
  if (!is_taken(system, first, files)) return first;
  for (const std::string& mark : {job.id.substr(kPrefix, kMark), job.id.substr(kPrefix)}) {
    const std::string next = directory + audit_stem(job, batch, "-" + mark);
    if (!is_taken(system, next, files)) return next;
  }
  return Error(Code::io, first + "*: these names are taken", "move the files away");
}

Error damaged_requests(const std::string& path, const std::string& what) {
  Error error(Code::store, path + ": " + what + "; nothing of it was sent",
              "restore the file from a backup and resume, or remove the job and submit its input again");
  error.blocking = true;
  return error;
}

Result<std::int64_t> count_lines(const File& file, Checksum* sum) {
  std::string block(std::size_t{1} << 18, '\0');
  std::int64_t lines = 0;
  for (std::uint64_t at = 0;;) {
    auto n = file.read_at(block.data(), block.size(), at);
    BR_RETURN_IF_ERROR(n);
    if (*n == 0) return lines;
    lines += std::count(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(*n), '\n');
    sum->add({block.data(), *n});
    at += *n;
  }
}

}  // namespace

Result<void> Spool::add_to_journal(const Job& job, const RemoteBatch* batch) const {
  const std::string path = journal(job.id);
  if (!files_->exists(path)) return write_journal(files_, path, job);
  return append_to_journal(files_, path, batch == nullptr ? write_job_record(job) : write_batch_record(*batch));
}

Result<void> Spool::make_job_directory(const std::string& job_id) const {
  if (auto made = files_->make_own_directory(state_dir_ + "/spool"); !made) return made;
  // Whoever meets it unsynced syncs it, too often rather than not at all: another thread may have made it just now.
  if (!is_synced_) {
    if (auto synced = files_->sync_directory(state_dir_); !synced) return synced;
    is_synced_ = true;
  }
  return files_->make_own_directory(job_directory(job_id));
}

Result<void> Spool::check_requests(const RemoteBatch& batch, Check which) const {
  const std::string path = requests(batch.job_id, batch.part);
  auto file = files_->open_own(path);
  if (!file && file.error().transient) return std::move(file.error());  // no descriptor left: nothing is damaged
  if (!file) return damaged_requests(path, file.error().message.substr(path.size() + 2));
  const auto size = file->size();
  if (!size) return damaged_requests(path, size.error().message);
  if (static_cast<std::int64_t>(*size) != batch.bytes)
    return damaged_requests(path, "is damaged: it has " + std::to_string(*size) + " bytes, not " +
                                      std::to_string(batch.bytes));
  if (which == Check::length) return {};
  Checksum sum;
  const auto lines = count_lines(*file, &sum);
  if (!lines) return damaged_requests(path, lines.error().message);
  if (*lines != batch.rows || (!batch.request_sum.empty() && sum.text() != batch.request_sum))
    return damaged_requests(path, "is damaged: it is not as it was written");
  return {};
}

Result<void> Spool::link_audit_files(const Job& job, const RemoteBatch& batch) const {
  if (batch.status.id.empty()) return {};
  const std::string generated = state_dir_ + "/generated", directory = generated + "/" + clean_name(batch.provider);
  if (auto made = files_->make_own_directory(generated); !made) return made;
  if (auto made = files_->make_own_directory(directory); !made) return made;
  const AuditFiles files = {
      {unified(job.id, batch.part), "unified.jsonl"},
      {requests(job.id, batch.part), "provider.jsonl"},
      {output(job.id, batch.part), "output.jsonl"},
      {results(batch), "results.jsonl"},
  };
  const std::string note = job_directory(job.id) + "/p" + std::to_string(batch.part) + ".audit";
  auto stem = choose_stem(files_, directory + "/", note, job, batch, files);
  BR_RETURN_IF_ERROR(stem);
  bool copied = false;
  for (const auto& [from, kind] : files) {
    if (!files_->exists(from)) continue;
    const std::string to = *stem + kind;
    if (auto linked = files_->link_or_copy(from, to); !linked) return linked;
    copied = copied || files_->inspect(from, Links::look_at).identity != files_->inspect(to, Links::look_at).identity;
  }
  if (!copied || files_->exists(note)) return {};
  auto noted = files_->create(note);
  BR_RETURN_IF_ERROR(noted);
  return noted->append(stem->substr(directory.size() + 1));
}

}  // namespace br
