// OpenAiRowReader: one result row of the OpenAI family. Private to openai_decode.cc and openai_answers.cc.
#pragma once

#include <string>
#include <string_view>

#include "providers/openai/lines.h"
#include "providers/shared/choice_list.h"
#include "providers/shared/row_reader.h"
#include "providers/shared/wire.h"

namespace br {

class OpenAiRowReader : public LineRowReader {
 public:
  explicit OpenAiRowReader(const OpenAiRows& rows)
      : LineRowReader(rows.batch_results ? "batch_request_id" : "custom_id"), rows_(rows) {}

 private:
  using Kind = JsonCursor::Kind;

  void read_fields(JsonCursor* c, Row* row) override;
  void judge(Row* row) override;
  void judge_success(Row* row);
  void response(JsonCursor* c);
  void batch_result(JsonCursor* c);
  void body(JsonCursor* c);
  void string_body(std::string_view token);
  void body_field(std::string_view name, JsonCursor* c);
  void choices(JsonCursor* c);
  void choice(JsonCursor* c);
  void further_choice(JsonCursor* c);
  void message(JsonCursor* c);
  void content(JsonCursor* c);
  void text_chunks(JsonCursor* c, std::string_view type);
  void chunk(JsonCursor* c, std::string_view type);
  void thinking(JsonCursor* c);
  void output(JsonCursor* c);
  void output_item(std::string_view item);
  void function_call(std::string_view item);
  void incomplete(JsonCursor* c);
  void usage(JsonCursor* c);
  void details(JsonCursor* c);
  void reason(JsonCursor* c);
  void transcript(JsonCursor* c);
  void error(JsonCursor* c);

  OpenAiRows rows_;
  Row* row_ = nullptr;
  bool body_is_object_ = false, has_error_ = false, has_answer_ = false;
  std::int64_t total_tokens_ = -1;
  std::string_view body_type_, body_code_;  // of a body that is an error itself
  std::string string_body_, tools_, blocks_;
  JoinedText text_, thoughts_;
  ChoiceList choices_;
  std::string first_text_, first_thoughts_;  // of an answer with several choices
};

// The finish reasons that vendors have a word of their own for, as JSON strings.
std::string_view unified_finish(std::string_view token);

}  // namespace br
