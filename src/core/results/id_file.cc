#include "core/results/id_file.h"

#include <charconv>
#include <utility>

#include "codec/json_cursor.h"
#include "codec/json_read.h"
#include "core/results/id_ledger.h"

namespace br {

std::optional<IdEntry> read_id_line(std::string_view line, std::string* scratch) {
  IdEntry entry;
  if (line.size() < 2 || line.front() != '"') return std::nullopt;
  std::size_t close = 1;
  while (close < line.size() && line[close] != '"') close += line[close] == '\\' ? 2 : 1;
  if (close + 2 >= line.size() || line[close + 1] != ' ') return std::nullopt;
  entry.token = line.substr(0, close + 1);
  entry.custom_id = entry.token.substr(1, entry.token.size() - 2);
  if (entry.custom_id.find('\\') != std::string_view::npos) {
    scratch->assign(entry.token).append(kJsonPadding, ' ');
    std::string_view token;
    if (JsonCursor cursor(scratch->data(), entry.token.size()); !cursor.read_string(&token) || !cursor.finish())
      return std::nullopt;
    scratch->clear();
    append_unescaped(entry.token, scratch);
    entry.custom_id = *scratch;
  }
  const char* at = line.data() + close + 2;
  const char* end = line.data() + line.size();
  const auto [after, code] = std::from_chars(at, end, entry.number);
  if (code != std::errc() || entry.number == 0) return std::nullopt;
  if (after == end) {
    entry.wire_id = entry.custom_id;
    return entry;
  }
  entry.wire_id = line.substr(static_cast<std::size_t>(after - line.data()));
  if (entry.wire_id.size() < 2 || entry.wire_id.front() != ' ') return std::nullopt;
  entry.wire_id.remove_prefix(1);
  if (entry.wire_id.find_first_of(" \"\t") != std::string_view::npos) return std::nullopt;
  return entry;
}

void IdSum::add(std::string_view line) {
  // One seed for all files: the sum finds damage, it keeps nobody from making one that fits.
  sum_ = hash_id(line, sum_ ^ static_cast<std::uint64_t>(count_));
  ++count_;
}

std::string IdSum::last_line() const {
  char hex[16];
  const char* end = std::to_chars(hex, hex + sizeof hex, sum_, 16).ptr;
  return "#" + std::to_string(count_) + " " + std::string(hex, static_cast<std::size_t>(end - hex));
}

IdFileReader::IdFileReader(File file, IdFile known)
    : file_(std::make_unique<File>(std::move(file))), known_(std::move(known)) {
  lines_ = std::make_unique<LineReader>(
      [from = file_.get()](char* buffer, std::size_t capacity) { return from->read(buffer, capacity); }, kMaxIdLine);
}

IdFile id_file_of(const Spool& spool, const RemoteBatch& batch) {
  return {spool.files(), spool.ids(batch.job_id, batch.part), batch.rows, batch.ids_sum};
}

Result<IdFileReader> IdFileReader::open(IdFile known) {
  auto file = known.files->open_read(known.path);
  BR_RETURN_IF_ERROR(file);
  return IdFileReader(std::move(*file), std::move(known));
}

Error IdFileReader::damaged(const std::string& what) const {
  return Error(Code::store, file_->path() + " is damaged: " + what,
               "put the file back from a copy and resume; nothing is sent again, and the answers stay at the vendor");
}

Result<const IdEntry*> IdFileReader::next() {
  Line line;
  auto more = lines_->next(&line);
  if (!more) {
    if (more.error().code != Code::input) return std::move(more.error());
    return damaged(more.error().message);
  }
  if (!*more) {
    if (!known_.sum.empty()) return damaged("its last line is missing");
    if (known_.rows >= 0 && sum_.count() != known_.rows)
      return damaged("it holds " + std::to_string(sum_.count()) + " ids of " + std::to_string(known_.rows));
    return nullptr;
  }
  const std::string_view text(line.data, line.size);
  if (text.starts_with('#')) return end(text);
  const auto entry = read_id_line(text, &scratch_);
  if (!entry || !line.terminated || entry->number <= last_number_)
    return damaged("line " + std::to_string(line.number) + " is not what was written");
  entry_ = *entry;
  entry_.offset = line.offset;
  last_number_ = entry->number;
  line_ = text;
  sum_.add(text);
  return &entry_;
}

Result<const IdEntry*> IdFileReader::end(std::string_view last_line) {
  if (last_line != sum_.last_line()) return damaged("its checksum does not fit");
  if (!known_.sum.empty() && last_line != known_.sum) return damaged("it belongs to other requests");
  Line line;
  auto more = lines_->next(&line);
  BR_RETURN_IF_ERROR(more);
  if (*more) return damaged("there is something behind its last line");
  if (known_.rows >= 0 && sum_.count() != known_.rows)
    return damaged("it holds " + std::to_string(sum_.count()) + " ids of " + std::to_string(known_.rows));
  return nullptr;
}

Result<void> for_each_id(const IdFile& file, const std::function<void(const IdEntry& entry)>& each) {
  auto reader = IdFileReader::open(file);
  BR_RETURN_IF_ERROR(reader);
  for (;;) {
    auto entry = reader->next();
    BR_RETURN_IF_ERROR(entry);
    if (*entry == nullptr) return {};
    each(**entry);
  }
}

}  // namespace br
