#include "core/results/decode_file.h"

#include "codec/result_line.h"
#include "core/results/file_kind.h"

namespace br {
namespace {

constexpr std::size_t kTaken = std::size_t{128} << 10;  // stays in the cache
constexpr std::size_t kMaxIssues = 100;

class Decoding {
 public:
  Decoding(const Provider& provider, const std::string& file, const TakeLines& take, DecodedRows* decoded)
      : vendor_(provider.dialect().name()),
        file_(file),
        take_(take),
        decoded_(decoded),
        reader_(provider.dialect().row_reader()),
        context_(vendor_, "", "") {}

  Result<void> line(const Line& line);
  Result<void> flush();
  // After the last line: what is wrong with the file.
  Result<void> verdict();

 private:
  void refuse(const Line& line, std::string_view why);

  const std::string_view vendor_;
  const std::string& file_;
  const TakeLines& take_;
  DecodedRows* const decoded_;
  const std::unique_ptr<RowReader> reader_;
  const ResultContext context_;
  std::string out_, first_refused_;
  Error wrong_{Code::input, ""};
};

Result<void> Decoding::line(const Line& line) {
  if (std::string_view(line.data, line.size).find_first_not_of(" \t\r") == std::string_view::npos) return {};
  if (line.too_long) {
    refuse(line, "the line is longer than limits.max_line_bytes; raise that limit");
    return {};
  }
  // A reader may rewrite the line that it reads, but not one that it refuses.
  Row row;
  if (!reader_->read(line.data, line.size, &row) || row.bare || row.position >= 0) {
    refuse(line, row.anonymous ? "this row has no id, so that nothing tells whose answer it is; add its id"
                               : "this is no result row of " + std::string(vendor_) + "; correct or remove the line");
    return {};
  }
  append_result_line(row, context_, &out_);
  out_.push_back('\n');
  decoded_->rows += 1;
  decoded_->failed += row.status == ResultStatus::succeeded ? 0 : 1;
  return out_.size() < kTaken ? Result<void>() : flush();
}

void Decoding::refuse(const Line& line, std::string_view why) {
  if (wrong_.issue_total == 0) first_refused_.assign(line.data, line.size);
  if (wrong_.issue_total++ >= kMaxIssues) return;
  wrong_.issues.push_back(file_ + ":" + std::to_string(line.number) + ":1: " + std::string(why));
}

Result<void> Decoding::flush() {
  if (out_.empty()) return {};
  auto taken = take_(out_);
  out_.clear();
  return taken;
}

Result<void> Decoding::verdict() {
  if (wrong_.issue_total == 0) return {};
  if (decoded_->rows > 0) {
    wrong_.message = file_ + ": " + std::to_string(wrong_.issue_total) + " lines are no result rows of " + std::string(vendor_) +
                     "; the other " + std::to_string(decoded_->rows) + " were written";
    wrong_.hint = "correct or remove these lines";
    return std::move(wrong_);
  }
  const FileKind kind = file_kind_of(first_refused_);
  return Error(Code::input, file_ + ": holds no result rows of " + std::string(vendor_) + "; it seems to be " + kind.seems, kind.advice);
}

}  // namespace

Result<void> decode_results(const Provider& provider, const std::string& file, LineReader* lines, const TakeLines& take,
                            DecodedRows* decoded) {
  Decoding decoding(provider, file, take, decoded);
  lines->skip_long_lines();
  for (Line line;;) {
    auto more = lines->next(&line);
    BR_RETURN_IF_ERROR(more);
    if (!*more) break;
    if (auto taken = decoding.line(line); !taken) return taken;
  }
  if (auto flushed = decoding.flush(); !flushed) return flushed;
  return decoding.verdict();
}

}  // namespace br
