#include "emulator/vendor/form_upload.h"

#include <utility>

namespace br::emulator {
namespace {

constexpr size_t kMostFieldBytes = 1024;

}  // namespace

FormUpload::FormUpload(World& world, std::string_view boundary, int64_t max_file_bytes, std::function<Reply(Form&)> use)
    : world_(world), parser_(boundary, *this), max_file_bytes_(max_file_bytes), use_(std::move(use)) {}

void FormUpload::body(std::string_view piece) {
  world_.ledger.sums().uploaded_bytes += static_cast<int64_t>(piece.size());
  parser_.feed(piece);
}

Reply FormUpload::finish() {
  if (!parser_.complete()) form_.problem = parser_.problem().empty() ? "it ends early" : parser_.problem();
  return use_(form_);
}

void FormUpload::part_begin(const PartHead& head) {
  part_ = head.name;
  form_.order.push_back(part_);
  if (part_ == "file") {
    form_.repeated = form_.repeated || form_.has_file;
    form_.has_file = true;
    form_.filename = head.filename;
    form_.content_type = head.content_type;
    form_.file = std::make_shared<Blob>(world_.bodies);
  } else if (!form_.fields.emplace(part_, std::string()).second) {
    form_.repeated = true;
  }
}

void FormUpload::part_data(std::string_view bytes) {
  if (part_ != "file") {
    std::string& field = form_.fields[part_];
    if (field.size() < kMostFieldBytes) field += bytes;
  } else if (form_.file->size() + static_cast<int64_t>(bytes.size()) > max_file_bytes_) {
    form_.too_large = true;
  } else if (!form_.too_large) {
    form_.file->append(bytes);
  }
}

}  // namespace br::emulator
