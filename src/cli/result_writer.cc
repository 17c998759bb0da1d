#include "cli/result_writer.h"

#include <sys/stat.h>

#include <utility>

namespace cli {
namespace {

bool is_file_to_be(const std::string& path) {
  if (path.empty() || path == "-") return false;
  struct stat info {};
  return stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode);
}

}  // namespace

ResultWriter::ResultWriter(br_job* job, std::string path)
    : job_(job), path_(std::move(path)), writes_(is_file_to_be(path_)) {}

int ResultWriter::take(void* user_data, const char* data, std::size_t size) {
  auto* writer = static_cast<ResultWriter*>(user_data);
  try {
    if (writer->file_ == nullptr) writer->file_ = std::make_unique<OutFile>(writer->path_);
  } catch (const Failure&) {
    return 1;
  }
  return OutFile::take(writer->file_.get(), data, size);
}

// What is wrong is said by write_results(), which tries again and knows how to go on.
void ResultWriter::give_up() {
  writes_ = false;
  file_.reset();
  cursor_.reset();
}

bool ResultWriter::advance(std::int64_t slice_ms) {
  if (!writes_ || complete_) return false;
  if (cursor_ == nullptr) {
    br_results* opened = nullptr;
    if (br_results_follow(job_, slice_ms, &opened, nullptr) != BR_OK) return give_up(), false;
    cursor_.reset(opened);
  }
  std::int64_t rows = 0, failed = 0;
  const br_status status = br_results_write(cursor_.get(), &ResultWriter::take, this, &rows, &failed, nullptr);
  rows_ += rows;
  failed_ += failed;
  if (status < 0) give_up();
  complete_ = status == BR_OK;
  return status == BR_AGAIN;
}

bool ResultWriter::commit() {
  if (!complete_ || file_ == nullptr) return false;
  file_->commit();
  return true;
}

}  // namespace cli
