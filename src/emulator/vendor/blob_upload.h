#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "emulator/vendor/vendor.h"

namespace br::emulator {

// A body that is the file itself: it goes into the body file as it comes.
struct BlobBody {
  bool too_large = false;
  std::shared_ptr<Blob> blob;
};

class BlobUpload : public Exchange {
 public:
  BlobUpload(World& world, int64_t most_bytes, std::function<Reply(BlobBody&)> use)
      : world_(world), most_bytes_(most_bytes), use_(std::move(use)) {
    body_.blob = std::make_shared<Blob>(world.bodies);
  }

  void body(std::string_view piece) override {
    const auto size = static_cast<int64_t>(piece.size());
    world_.ledger.sums().uploaded_bytes += size;
    body_.too_large = body_.too_large || body_.blob->size() + size > most_bytes_;
    if (!body_.too_large) body_.blob->append(piece);
  }

  Reply finish() override { return use_(body_); }

 private:
  World& world_;
  int64_t most_bytes_;
  std::function<Reply(BlobBody&)> use_;
  BlobBody body_;
};

}  // namespace br::emulator
