// The results of one job, written to its file while they come, so that at the end only the last of them are left.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cli/handles.h"
#include "cli/out_file.h"

namespace cli {

class ResultWriter {
 public:
  // `path` is looked at only: the file is made when the first result comes. What is no regular file is not written before
  // the end, since what went into a pipe cannot be taken back.
  ResultWriter(br_job* job, std::string path);

  // Writes what comes within slice_ms; false: there is nothing to wait for here, now or ever.
  bool advance(std::int64_t slice_ms);
  // Puts the whole file in its place; false: write_results() has to write it. Throws what OutFile::commit() throws.
  bool commit();
  std::int64_t rows() const { return rows_; }
  std::int64_t failed() const { return failed_; }

 private:
  static int take(void* user_data, const char* data, std::size_t size);
  void give_up();

  br_job* job_;
  std::string path_;
  Results cursor_;
  std::unique_ptr<OutFile> file_;
  std::int64_t rows_ = 0, failed_ = 0;
  bool writes_, complete_ = false;
};

}  // namespace cli
