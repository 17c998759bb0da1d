// Reads the messages of a request, in this format's form, OpenAI's or Anthropic's: roles, contents, calls of tools and
// their results, reasoning that was had before. Usable on a message array wherever it stands.
#pragma once

#include "codec/part_reader.h"

namespace br {

class MessageReader : public PartReader {
 public:
  // The cursor stands before the array.
  bool read_messages();

 protected:
  void begin_line() { prompt_texts_ = 0; }
  // A text of system_prompt; it stands before those of messages, whichever was read first.
  void add_system_prompt(const SystemText& text);
  bool read_system_part(std::string_view field, SystemText* text);

 private:
  struct Extras;  // the fields that ordinary messages have not

  bool read_message();
  bool read_role(Message* message);
  bool read_kwargs(Message* message);
  bool check_given(std::uint32_t seen, std::size_t start);

  // message_history.cc
  bool finish_message(const Extras& extras, std::size_t start, std::uint32_t seen, Message* message);
  bool read_thinking(std::string_view blocks);
  bool read_tool_calls(std::string_view calls);
  bool read_tool_call();
  bool make_result(const Extras& extras, std::size_t start, Message* message);
  bool mark_cache(std::string_view cache, Message* message);
  bool take_system(const Message& message);
  bool check_tool_turns();

  std::size_t prompt_texts_ = 0;
};

}  // namespace br
