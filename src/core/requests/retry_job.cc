#include "core/requests/retry_job.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "codec/result_line.h"
#include "core/protocol/canary.h"
#include "core/requests/pack.h"
#include "core/results/id_file.h"
#include "core/results/id_ledger.h"
#include "core/results/result_file.h"
#include "providers/registry.h"

namespace br {
namespace {

// Lines of a file, one at a time.
class Lines {
 public:
  static Result<std::unique_ptr<Lines>> open(FileSystem* files, const std::string& path) {
    auto file = files->open_read(path);
    BR_RETURN_IF_ERROR(file);
    return std::unique_ptr<Lines>(new Lines(std::move(*file)));
  }
  // Code::store at the end: the files of one part have a line for each request.
  Result<std::string_view> next() {
    Line line;
    auto more = reader_.next(&line);
    BR_RETURN_IF_ERROR(more);
    if (!*more || !line.terminated) return damaged("fewer");
    return std::string_view(line.data, line.size);
  }
  // Nothing may follow.
  Result<void> end() {
    Line line;
    auto more = reader_.next(&line);
    BR_RETURN_IF_ERROR(more);
    if (*more) return damaged("more");
    return {};
  }

 private:
  Error damaged(const char* how_many) const {
    return Error(Code::store, file_.path() + " is damaged: it has " + how_many + " lines than there are requests",
                 "put the file back from a copy");
  }
  explicit Lines(File file)
      : file_(std::move(file)),
        reader_([this](char* buffer, std::size_t capacity) { return file_.read(buffer, capacity); }, kMaxIdLine) {}
  File file_;
  LineReader reader_;
};

// What of the results that are no success is taken.
enum class Take : std::uint8_t { final_only, all };

// The requests of one part that are sent again, by the hashes of their ids, sorted; and how many are left out.
struct Failed {
  std::vector<std::uint64_t> ids;
  std::int64_t left_out = 0;
};

Result<Failed> failed_ids(const Spool& spool, const RemoteBatch& batch, Take take, std::uint64_t seed) {
  Failed failed;
  auto read = for_each_result(result_file_of(spool, batch),
                              [&](const Line& line, std::string_view id) -> Result<void> {
                                const std::string_view text(line.data, line.size);
                                if (is_success_line(text)) return {};
                                if (take == Take::final_only && (may_change(text) || is_abandoned(text)))
                                  failed.left_out += 1;
                                else
                                  failed.ids.push_back(hash_id(id, seed));
                                return {};
                              });
  BR_RETURN_IF_ERROR(read);
  std::sort(failed.ids.begin(), failed.ids.end());
  return failed;
}

// Calls each() with the lines of every request of one part that is in `failed`: those of ids and `path` side by side.
Result<void> walk_failed(const Spool& spool, const RemoteBatch& batch, const std::string& path,
                         const std::vector<std::uint64_t>& failed, std::uint64_t seed,
                         const std::function<Result<void>(std::string_view id_line, std::string_view line)>& each) {
  if (failed.empty()) return {};
  auto ids = IdFileReader::open(id_file_of(spool, batch));
  BR_RETURN_IF_ERROR(ids);
  auto lines = Lines::open(spool.files(), path);
  BR_RETURN_IF_ERROR(lines);
  for (;;) {
    auto entry = ids->next();
    BR_RETURN_IF_ERROR(entry);
    if (*entry == nullptr) return (*lines)->end();
    auto line = (*lines)->next();
    BR_RETURN_IF_ERROR(line);
    if (!std::binary_search(failed.begin(), failed.end(), hash_id((*entry)->custom_id, seed))) continue;
    if (auto done = each(ids->line(), *line); !done) return done;
  }
}

bool keeps_no_marker(const std::string& name) {
  const Provider* provider = find_provider(name);
  return provider != nullptr && provider->capability().marker == Marker::none;
}

Result<std::unique_ptr<BufferedFile>> create(FileSystem* files, const std::string& path) {
  auto file = files->create(path);
  BR_RETURN_IF_ERROR(file);
  return std::make_unique<BufferedFile>(std::move(*file), std::size_t{256} << 10);
}

Result<void> put_line(BufferedFile* file, std::string_view line) {
  file->buffer().append(line).push_back('\n');
  return file->flush_if_full();
}

// What a request of the parent becomes: where ids on the wire carry the job's tag, that of the new job.
class Retagger {
 public:
  Retagger(const Provider* provider, std::string_view tag)
      : provider_(provider != nullptr && provider->capability().marker == Marker::none ? provider : nullptr), tag_(tag) {}
  bool changes() const { return provider_ != nullptr; }
  // Fills in both lines anew. false: the request line does not hold the id that the ids file says.
  bool change(std::string_view id_line, std::string_view line) {
    const auto entry = read_id_line(id_line, &scratch_);
    if (!entry) return false;
    const std::string wire = provider_->dialect().wire_id(entry->custom_id, entry->number, tag_);
    const bool own = entry->wire_id.data() == entry->custom_id.data();
    const std::string before = own ? std::string(entry->token) : "\"" + std::string(entry->wire_id) + "\"";
    const std::size_t at = line.find(before);
    if (at == std::string_view::npos) return false;
    line_.assign(line.substr(0, at)).append("\"" + wire + "\"").append(line.substr(at + before.size()));
    id_line_.assign(entry->token).append(" " + std::to_string(entry->number) + " " + wire);
    return true;
  }
  const std::string& line() const { return line_; }
  const std::string& id_line() const { return id_line_; }

 private:
  const Provider* provider_;
  std::string_view tag_;
  std::string scratch_, line_, id_line_;
};

// The requests as they were given are still those.
Result<void> check_unified(FileSystem* files, const std::string& path, const RemoteBatch& batch) {
  if (batch.unified_sum.empty()) return {};
  auto sum = sum_of_file(files, path);
  BR_RETURN_IF_ERROR(sum);
  if (*sum == batch.unified_sum) return {};
  return Error(Code::store, path + " is damaged: it is not as it was written", "put the file back from a copy");
}

// Copies those requests of one part; rows and bytes of `to` tell how many there were.
Result<void> copy_part(const Spool& spool, const RemoteBatch& from, const std::vector<std::uint64_t>& failed,
                       std::uint64_t seed, RemoteBatch* to) {
  if (failed.empty()) return {};
  if (auto whole = spool.check_requests(from, Spool::Check::content); !whole) return whole;
  auto requests = create(spool.files(), spool.requests(to->job_id, to->part));
  BR_RETURN_IF_ERROR(requests);
  (*requests)->keep_checksum();
  auto ids = create(spool.files(), spool.ids(to->job_id, to->part));
  BR_RETURN_IF_ERROR(ids);
  Retagger retagger(find_provider(from.provider), to->id_tag);
  IdSum sum;
  auto copied = walk_failed(spool, from, spool.requests(from.job_id, from.part), failed, seed,
                            [&](std::string_view id_line, std::string_view line) -> Result<void> {
                              if (retagger.changes()) {
                                if (!retagger.change(id_line, line))
                                  return Error(Code::store, (*requests)->file().path() + ": the requests of " +
                                                                from.job_id + " and their ids do not belong together",
                                               "restore the state directory from a backup");
                                id_line = retagger.id_line(), line = retagger.line();
                              }
                              to->rows += 1;
                              to->bytes += static_cast<std::int64_t>(line.size() + 1);
                              sum.add(id_line);
                              if (auto put = put_line(ids->get(), id_line); !put) return put;
                              return put_line(requests->get(), line);
                            });
  if (!copied) return copied;
  to->ids_sum = sum.last_line();
  if (auto done = put_line(ids->get(), to->ids_sum); !done) return done;
  if (auto synced = (*requests)->sync(); !synced) return synced;
  if (auto synced = (*ids)->sync(); !synced) return synced;
  to->request_sum = (*requests)->checksum();
  const std::string unified = spool.unified(from.job_id, from.part);
  if (!spool.files()->exists(unified)) return {};
  if (auto whole = check_unified(spool.files(), unified, from); !whole) return whole;
  auto out = create(spool.files(), spool.unified(to->job_id, to->part));
  BR_RETURN_IF_ERROR(out);
  (*out)->keep_checksum();
  copied = walk_failed(spool, from, unified, failed, seed,
                       [&](std::string_view, std::string_view line) { return put_line(out->get(), line); });
  if (!copied) return copied;
  if (auto flushed = (*out)->flush(); !flushed) return flushed;
  to->unified_sum = (*out)->checksum();
  return {};
}

}  // namespace

Result<std::int64_t> write_retry(const Spool& spool, const Job& parent, bool again, std::uint64_t hash_seed, Job* job) {
  std::int64_t left_out = 0;
  job->provider = parent.provider;
  job->base_url = parent.base_url;
  if (!parent.name.empty()) job->name = parent.name + "-retry" + std::to_string(parent.attempt);
  job->settings = parent.settings;
  job->parent = parent.id;
  job->attempt = parent.attempt + 1;
  BR_RETURN_IF_ERROR(spool.make_job_directory(job->id));
  for (const RemoteBatch& from : parent.batches) {
    auto failed = failed_ids(spool, from, again ? Take::all : Take::final_only, hash_seed);
    BR_RETURN_IF_ERROR(failed);
    left_out += failed->left_out;
    RemoteBatch to;
    to.job_id = job->id;
    to.provider = from.provider;
    to.base_url = from.base_url;
    to.account = from.account;
    to.model = from.model;
    to.endpoint = from.endpoint;
    to.path = from.path;
    to.metadata = from.metadata;
    to.key_salt = from.key_salt;
    to.keys = from.keys;
    if (!from.id_tag.empty() || keeps_no_marker(from.provider)) to.id_tag = id_tag_of(job->id);
    to.canary = from.canary;
    to.part = static_cast<std::int32_t>(job->batches.size());
    to.marker = "br-" + job->id.substr(4) + "-" + std::to_string(to.part);
    BR_RETURN_IF_ERROR(copy_part(spool, from, failed->ids, hash_seed, &to));
    if (to.rows > 0) job->batches.push_back(std::move(to));
  }
  if (job->batches.empty() && left_out > 0)
    return Error(
        Code::not_found,
        "the requests of " + parent.id + " that did not succeed (" + std::to_string(left_out) +
            ") may be answered at the vendor, and paid for: sent again, they are paid for again",
        "fetch the answers again: `batchrouter results " + parent.id + " --refetch`; or pay once more with --again");
  if (job->batches.empty())
    return Error(Code::not_found, "every request of " + parent.id + " succeeded: there is nothing to send again", "");
  hold_for_canaries(job);
  BR_RETURN_IF_ERROR(spool.files()->sync_directory(parent_path(spool.job_directory(job->id))));
  return left_out;
}

Result<void> for_each_failed(const Spool& spool, const Job& job, std::uint64_t hash_seed,
                             const std::function<Result<void>(std::string_view line)>& each) {
  for (const RemoteBatch& batch : job.batches) {
    const std::string unified = spool.unified(job.id, batch.part);
    if (!spool.files()->exists(unified))
      return Error(Code::not_found, "the job " + job.id + " did not keep its requests as they were given",
                   "set audit.files=1 when submitting; a retry works without them");
    if (auto whole = check_unified(spool.files(), unified, batch); !whole) return whole;
    auto failed = failed_ids(spool, batch, Take::all, hash_seed);
    BR_RETURN_IF_ERROR(failed);
    auto walked = walk_failed(spool, batch, unified, failed->ids, hash_seed,
                              [&each](std::string_view, std::string_view line) { return each(line); });
    if (!walked) return walked;
  }
  return {};
}

}  // namespace br
