// WrongLines: what is wrong with a batch's input, line by line, and the error that tells it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "codec/request_reader.h"
#include "core/requests/id_table.h"
#include "core/requests/intake.h"
#include "model/error.h"

namespace br {

// Where a line stands: its row counts the lines of all sources, from 1.
struct LinePlace {
  std::uint64_t row;
  const std::string& source;
  std::uint64_t number;  // in its source, from 1
};

// Keeps the first hundred of each kind and counts them all.
class WrongLines {
 public:
  WrongLines(FileSystem* files, const std::vector<RequestSource>& sources) : files_(files), sources_(sources) {}

  // The next source's lines follow on `rows` lines.
  void begin_source(std::uint64_t rows) { source_rows_.push_back(rows); }
  void add(const LinePlace& place, const Issue& issue);
  // Told once for each name, where it is first needed. "": the request names none, and nothing does it for it.
  void add_missing_provider(const LinePlace& place, const Request& request, const std::string& name);
  // The rows whose custom_id stood before. Reads their sources again to show it.
  void add_duplicates(const IdTable& ids);

  bool any() const { return total_ > 0; }
  // All of them in the order of the input; Code::no_provider where nothing but providers is missing.
  Error report();

 private:
  struct Found {
    std::uint64_t row;
    std::string text;
  };
  std::size_t source_of(std::uint64_t row) const;
  std::string place_of(std::uint64_t row) const;
  struct Id {
    std::string text;
    std::size_t column = 1;
  };
  Id id_at(std::uint64_t row) const;
  void explain_missing(Error* error) const;

  FileSystem* files_;
  const std::vector<RequestSource>& sources_;
  std::vector<std::uint64_t> source_rows_;
  std::vector<Found> found_;
  std::uint64_t total_ = 0;
  std::set<std::string, std::less<>> missing_;
};

}  // namespace br
