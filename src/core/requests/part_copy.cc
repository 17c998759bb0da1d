#include "core/requests/part_copy.h"

#include <algorithm>

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
      : provider_(provider != nullptr && provider->capability().marker == Marker::none ? provider : nullptr),
        tag_(tag) {}
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

}  // namespace

bool RequestSet::has(std::string_view custom_id) const {
  return std::binary_search(ids.begin(), ids.end(), hash_id(custom_id, seed));
}

Result<void> for_each_request(const Spool& spool, const RemoteBatch& batch, const std::string& path,
                              const RequestSet& set, const EachRequest& each) {
  if (set.ids.empty()) return {};
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
    if (!set.has((*entry)->custom_id)) continue;
    if (auto done = each(**entry, ids->line(), *line); !done) return done;
  }
}

Result<void> check_unified(FileSystem* files, const std::string& path, const RemoteBatch& batch) {
  if (batch.unified_sum.empty()) return {};
  auto sum = sum_of_file(files, path);
  BR_RETURN_IF_ERROR(sum);
  if (*sum == batch.unified_sum) return {};
  return Error(Code::store, path + " is damaged: it is not as it was written", "put the file back from a copy");
}

Result<void> PartCopy::begin() {
  FileSystem* const files = spool_->files();
  auto requests = create(files, spool_->requests(to_->job_id, to_->part));
  BR_RETURN_IF_ERROR(requests);
  requests_ = std::move(*requests);
  requests_->keep_checksum();
  auto ids = create(files, spool_->ids(to_->job_id, to_->part));
  BR_RETURN_IF_ERROR(ids);
  ids_ = std::move(*ids);
  return {};
}

Result<void> PartCopy::add(const RemoteBatch& from, const RequestSet& set) {
  if (set.ids.empty()) return {};
  if (auto whole = spool_->check_requests(from, Spool::Check::content); !whole) return whole;
  if (requests_ == nullptr) {
    BR_RETURN_IF_ERROR(begin());
  }
  BR_RETURN_IF_ERROR(add_requests(from, set));
  return add_unified(from, set);
}

Result<void> PartCopy::add_requests(const RemoteBatch& from, const RequestSet& set) {
  Retagger retagger(find_provider(from.provider), to_->id_tag);
  return for_each_request(*spool_, from, spool_->requests(from.job_id, from.part), set,
                          [&](const IdEntry&, std::string_view id_line, std::string_view line) -> Result<void> {
                            if (retagger.changes()) {
                              if (!retagger.change(id_line, line))
                                return Error(Code::store,
                                             requests_->file().path() + ": the requests of " + from.job_id +
                                                 " and their ids do not belong together",
                                             "restore the state directory from a backup");
                              id_line = retagger.id_line(), line = retagger.line();
                            }
                            to_->rows += 1;
                            to_->bytes += static_cast<std::int64_t>(line.size() + 1);
                            sum_.add(id_line);
                            if (auto put = put_line(ids_.get(), id_line); !put) return put;
                            return put_line(requests_.get(), line);
                          });
}

Result<void> PartCopy::add_unified(const RemoteBatch& from, const RequestSet& set) {
  FileSystem* const files = spool_->files();
  const std::string unified = spool_->unified(from.job_id, from.part);
  if (!keeps_unified_) return {};
  if (!files->exists(unified)) return drop_unified();
  if (auto whole = check_unified(files, unified, from); !whole) return whole;
  if (unified_ == nullptr) {
    auto out = create(files, spool_->unified(to_->job_id, to_->part));
    BR_RETURN_IF_ERROR(out);
    unified_ = std::move(*out);
    unified_->keep_checksum();
  }
  return for_each_request(*spool_, from, unified, set, [&](const IdEntry&, std::string_view, std::string_view line) {
    return put_line(unified_.get(), line);
  });
}

// Some of the requests alone would be taken for all of them.
Result<void> PartCopy::drop_unified() {
  keeps_unified_ = false;
  if (unified_ == nullptr) return {};
  unified_.reset();
  spool_->files()->remove_file(spool_->unified(to_->job_id, to_->part));
  return {};
}

Result<void> PartCopy::finish() {
  if (requests_ == nullptr) return {};
  to_->ids_sum = sum_.last_line();
  if (auto done = put_line(ids_.get(), to_->ids_sum); !done) return done;
  if (auto synced = requests_->sync(); !synced) return synced;
  if (auto synced = ids_->sync(); !synced) return synced;
  to_->request_sum = requests_->checksum();
  requests_.reset();
  ids_.reset();
  if (unified_ == nullptr) return {};
  if (auto flushed = unified_->flush(); !flushed) return flushed;
  to_->unified_sum = unified_->checksum();
  unified_.reset();
  return {};
}

}  // namespace br
