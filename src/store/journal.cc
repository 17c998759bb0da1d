#include "store/journal.h"

#include <map>

#include "store/record.h"

namespace br {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 30;

// What the lines say so far.
struct Lines {
  std::string_view id;
  std::optional<Job> job;
  std::int64_t count = 0;  // batches of the job
  std::map<std::int32_t, RemoteBatch> batches;

  bool add(std::string_view line) {
    if (auto batch = read_batch_record(line)) {
      if (batch->job_id != id) return false;
      batches.insert_or_assign(batch->part, std::move(*batch));
      return true;
    }
    auto read = read_job_record(line);
    if (!read || read->id != id) return false;
    count = batches_in_record(line);
    job = std::move(*read);
    return true;
  }

  bool are_complete() const {
    return job && count > 0 && static_cast<std::int64_t>(batches.size()) == count;
  }
};

Error damaged(const std::string& path) {
  return Error(Code::store, path + ": is damaged, and the database does not know the job either",
               "restore the state directory from a backup, or submit the input of this job again once the vendor's "
               "list shows that it has no batch of it");
}

}  // namespace

Result<void> write_journal(FileSystem* files, const std::string& path, const Job& job) {
  auto file = files->create(path);
  BR_RETURN_IF_ERROR(file);
  std::string text = write_job_record(job) + "\n";
  for (const RemoteBatch& batch : job.batches) text.append(write_batch_record(batch)).push_back('\n');
  if (auto done = file->append(text); !done) return done;
  return file->sync();
}

// One write of a whole line: a line that was broken off before begins anew behind it.
Result<void> append_to_journal(FileSystem* files, const std::string& path, const std::string& record) {
  auto file = files->open_append(path);
  BR_RETURN_IF_ERROR(file);
  return file->append("\n" + record + "\n");
}

// Every record has a checksum. Damage to a later one is passed over, since the one before it is as true, only older.
Result<std::optional<Job>> read_journal(FileSystem* files, const std::string& path,
                                        const std::string& job_id) {
  if (!files->exists(path)) return std::optional<Job>();
  auto text = files->read_own_file(path, kMaxBytes);
  BR_RETURN_IF_ERROR(text);
  Lines lines;
  lines.id = job_id;
  std::int64_t unread = 0;  // of the lines that have their end
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = text->find('\n', at);
    const std::string_view line(text->data() + at, std::min(end, text->size()) - at);
    const bool good = line.empty() || lines.add(line);
    if (end == std::string::npos) break;
    unread += good ? 0 : 1;
    at = end + 1;
  }
  if (lines.are_complete()) {
    for (auto& [part, batch] : lines.batches) lines.job->batches.push_back(std::move(batch));
    return std::move(lines.job);
  }
  if (unread > 0) return damaged(path);
  return std::optional<Job>();
}

std::size_t merge_newer_batches(const Job& journal, Job* job) {
  std::size_t taken = 0;
  for (const RemoteBatch& newer : journal.batches) {
    for (RemoteBatch& batch : job->batches) {
      // From the first accepted batch on the database is asked alone: results lie beside it, and nothing is paid any more.
      const bool unsent = batch.phase <= Phase::unknown && batch.status.id.empty();
      if (batch.part != newer.part || !unsent || newer.phase <= batch.phase) continue;
      batch = newer;
      if (batch.phase == Phase::collected) batch.phase = Phase::fetching;
      ++taken;
    }
  }
  return taken;
}

}  // namespace br
