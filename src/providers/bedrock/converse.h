// Bodies in the form of Bedrock's Converse API, which Amazon's Nova models take with InvokeModel too; and their
// answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/json_cursor.h"
#include "providers/dialect.h"
#include "providers/shared/row_reader.h"

namespace br {

// Appends the body of a chat request. nova: as InvokeModel takes it for a Nova model; else as Converse for any model.
bool encode_converse_body(bool nova, const Request& request, const EncodeOptions& options, std::string* out,
                          Issue* issue, std::vector<std::string>* warnings);

// Reads an answer into the row. One for each RowReader; what it gave is valid until the next call.
class ConverseAnswer {
 public:
  void read(std::string_view output, Row* row);

 private:
  void content(JsonCursor* c);
  void block(JsonCursor* c);
  void reasoning(JsonCursor* c);
  void tool_use(JsonCursor* c);
  void usage(JsonCursor* c, Usage* usage);

  JoinedText text_, thinking_;
  std::string tools_, blocks_;
  int tool_count_ = 0;
};

}  // namespace br
