#pragma once

#include <string>
#include <string_view>

namespace br::emulator {

struct PartHead {
  std::string name;
  std::string filename;
  bool has_filename = false;
  std::string content_type;
};

// Takes a multipart/form-data body apart while it arrives; holds back no more than one delimiter or one part head.
class MultipartParser {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void part_begin(const PartHead& head) = 0;
    virtual void part_data(std::string_view bytes) = 0;
    virtual void part_end() = 0;
  };

  MultipartParser(std::string_view boundary, Sink& sink);

  void feed(std::string_view piece);
  // The closing delimiter was seen and nothing was wrong before it.
  bool complete() const { return state_ == State::kDone; }
  // What is wrong, empty if nothing is so far.
  const std::string& problem() const { return problem_; }

 private:
  enum class State { kPreamble, kAfterDelimiter, kHead, kData, kDone, kBroken };

  size_t consume_data(std::string_view in);
  size_t consume_after_delimiter(std::string_view in);
  size_t consume_head(std::string_view in);
  size_t broken(const char* why);

  std::string delimiter_;
  Sink& sink_;
  State state_ = State::kPreamble;
  std::string held_ = "\r\n";  // so that a delimiter at the very start looks like all others
  std::string problem_;
};

// The boundary of a multipart/form-data content type; empty if the header is none.
std::string multipart_boundary(std::string_view content_type);

}  // namespace br::emulator
