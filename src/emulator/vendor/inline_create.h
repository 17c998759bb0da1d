#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "emulator/base/array_splitter.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

// The body of a create call that carries its requests: they go to the body file, one a line, as they come.
struct InlineBody {
  bool whole = false;      // it was JSON as far as the array's elements are left aside
  bool has_array = false;  // the requests were there
  bool too_large = false;
  int64_t requests = 0;
  LineProblem problem;  // of the first request that is wrong; an empty message if none is
  std::string rest;     // the body with the array left empty
  std::shared_ptr<Blob> lines;
};

class InlineCreate : public Exchange {
 public:
  // `check` judges each request while it arrives; null: nobody does.
  InlineCreate(World& world, std::vector<std::string> path, std::unique_ptr<LineCheck> check, int64_t max_bytes,
               std::function<Reply(InlineBody&)> use)
      : splitter_(std::move(path), [this](std::string& element) { take(element); }),
        check_(std::move(check)),
        max_bytes_(max_bytes),
        use_(std::move(use)) {
    body_.lines = std::make_shared<Blob>(world.bodies);
  }

  void body(std::string_view piece) override {
    bytes_ += static_cast<int64_t>(piece.size());
    body_.too_large = bytes_ > max_bytes_;
    if (!body_.too_large) splitter_.feed(piece);
  }

  Reply finish() override {
    body_.has_array = splitter_.found();
    body_.whole = splitter_.complete() || !splitter_.found();
    body_.rest = splitter_.rest();
    flush();
    return use_(body_);
  }

 private:
  static constexpr size_t kBufferBytes = 64 * 1024;

  void take(std::string& element) {
    ++body_.requests;
    buffer_ += element;
    buffer_ += '\n';
    if (buffer_.size() >= kBufferBytes) flush();
    if (check_ == nullptr || !body_.problem.message.empty()) return;
    check_->line(element.data(), element.size(), body_.problem);
  }
  void flush() {
    body_.lines->append(buffer_);
    buffer_.clear();
  }

  InlineBody body_;
  ArraySplitter splitter_;
  std::unique_ptr<LineCheck> check_;
  int64_t max_bytes_;
  std::function<Reply(InlineBody&)> use_;
  int64_t bytes_ = 0;
  std::string buffer_;
};

}  // namespace br::emulator
