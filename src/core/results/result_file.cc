#include "core/results/result_file.h"

#include "codec/json_cursor.h"
#include "codec/json_read.h"
#include "sys/checksum.h"

namespace br {
namespace {

// The custom_id is the first field of a result line; nullopt: it is none.
std::optional<std::string_view> custom_id_of(const Line& line, std::string* scratch) {
  JsonCursor cursor(line.data, line.size);
  std::string_view key, token;
  if (!cursor.enter_object() || !cursor.next_key(&key) || key != "\"custom_id\"" || !cursor.read_string(&token))
    return std::nullopt;
  if (line.data[line.size - 1] != '}') return std::nullopt;
  const std::string_view id = token.substr(1, token.size() - 2);
  if (id.find('\\') == std::string_view::npos) return id;
  scratch->clear();
  append_unescaped(token, scratch);
  return *scratch;
}

Error damaged(const std::string& path, const std::string& what) {
  const std::string directory = parent_path(path);
  return Error(Code::store, path + " is damaged: " + what,
               "put the file back from a copy, or build it anew, from what the vendor still has: `batchrouter results " +
                   directory.substr(directory.rfind('/') + 1) + " --refetch`");
}

}  // namespace

Result<std::string> sum_of_file(FileSystem* files, const std::string& path) {
  auto file = files->open_read(path);
  BR_RETURN_IF_ERROR(file);
  std::string block(std::size_t{1} << 20, '\0');
  Checksum sum;
  for (;;) {
    auto n = file->read(block.data(), block.size());
    BR_RETURN_IF_ERROR(n);
    if (*n == 0) return sum.text();
    sum.add({block.data(), *n});
  }
}

Result<void> check_results(FileSystem* files, const std::string& path, const std::string& sum) {
  if (sum.empty()) return {};
  auto found = sum_of_file(files, path);
  if (!found && found.error().transient) return std::move(found.error());
  if (found && *found == sum) return {};
  return damaged(path, found ? "it is not what was collected" : found.error().message);
}

namespace {

// The type of error of a line that we wrote ourselves: only those have no response and no model, and no bare quote can
// stand inside a JSON string. Empty for another one.
std::string_view own_error_type(std::string_view line) {
  constexpr std::string_view kHead =
      ",\"status\":\"errored\",\"text\":null,\"finish_reason\":null,\"usage\":null,\"model\":null";
  constexpr std::string_view kError = ",\"response\":null,\"error\":{\"type\":\"";
  const std::size_t head = line.find(",\"status\":\"");
  if (head == std::string_view::npos || !line.substr(head).starts_with(kHead)) return {};
  const std::size_t at = line.find(kError, head + kHead.size());
  if (at == std::string_view::npos) return {};
  const std::string_view type = line.substr(at + kError.size());
  return type.substr(0, type.find('"'));
}

}  // namespace

bool may_change(std::string_view line) {
  const std::string_view type = own_error_type(line);
  return type == "missing" || type == "malformed" || type == "results_gone" || type == "unidentified";
}

bool is_abandoned(std::string_view line) { return own_error_type(line) == "abandoned"; }

std::optional<ResultStatus> read_result_status(std::string_view name) {
  for (const ResultStatus known :
       {ResultStatus::succeeded, ResultStatus::errored, ResultStatus::cancelled, ResultStatus::expired}) {
    if (name == result_status_name(known)) return known;
  }
  return std::nullopt;
}

ResultFile result_file_of(const Spool& spool, const RemoteBatch& batch) {
  return {spool.files(), spool.results(batch), batch.results.total, batch.results_sum};
}

Result<void> for_each_result(const ResultFile& known,
                             const std::function<Result<void>(const Line& line, std::string_view custom_id)>& each) {
  const std::string& path = known.path;
  auto file = known.files->open_read(path);
  if (!file && !known.sum.empty() && !file.error().transient) return damaged(path, file.error().message);
  BR_RETURN_IF_ERROR(file);
  Checksum sum;
  LineReader reader(
      [&](char* buffer, std::size_t capacity) {
        auto n = file->read(buffer, capacity);
        if (n) sum.add({buffer, *n});
        return n;
      },
      kMaxResultLine);
  Line line;
  std::string scratch;
  std::int64_t count = 0;
  for (;; ++count) {
    auto more = reader.next(&line);
    BR_RETURN_IF_ERROR(more);
    if (!*more) break;
    const auto id = line.size == 0 || !line.terminated ? std::nullopt : custom_id_of(line, &scratch);
    if (!id) return damaged(path, "line " + std::to_string(line.number) + " is no result");
    if (auto done = each(line, *id); !done) return done;
  }
  if (known.lines >= 0 && count != known.lines)
    return damaged(path, "it holds " + std::to_string(count) + " results of " + std::to_string(known.lines));
  if (!known.sum.empty() && sum.text() != known.sum) return damaged(path, "it is not what was collected");
  return {};
}

}  // namespace br
