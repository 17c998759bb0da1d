// A results file: one line for each request, as codec/result_line writes them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "codec/jsonl.h"
#include "model/error.h"
#include "model/result.h"
#include "store/spool.h"

namespace br {

inline constexpr std::size_t kMaxResultLine = std::size_t{1} << 32;

// Whether the vendor may still have the answer: the line tells of a row that did not come, or not whole.
bool may_change(std::string_view line);

// Given up by a person: the vendor may have answered it all the same.
bool is_abandoned(std::string_view line);

// The checksum of a results file; and whether it is still that one (an empty sum: not known). Code::store where it is
// not, or where there is no such file.
Result<std::string> sum_of_file(FileSystem* files, const std::string& path);
Result<void> check_results(FileSystem* files, const std::string& path, const std::string& sum);

std::optional<ResultStatus> read_result_status(std::string_view name);

// A results file as the batch's record knows it; -1 and empty: not known.
struct ResultFile {
  FileSystem* files = nullptr;
  std::string path;
  std::int64_t lines = -1;
  std::string sum;
};
ResultFile result_file_of(const Spool& spool, const RemoteBatch& batch);

// each(line, custom_id) for every line; valid during the call. Code::store when a line is no result, or when the file is
// not the one that the record knows: that shows at its end, and nobody may act on the lines before.
Result<void> for_each_result(const ResultFile& file,
                             const std::function<Result<void>(const Line& line, std::string_view custom_id)>& each);

}  // namespace br
