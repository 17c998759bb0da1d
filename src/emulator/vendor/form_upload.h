#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "emulator/http/multipart.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

// A multipart/form-data body as it arrived.
struct Form {
  std::string problem;  // why it is no form; empty if it is one
  std::map<std::string, std::string, std::less<>> fields;
  std::vector<std::string> order;  // names of all parts
  bool has_file = false;
  bool repeated = false;   // a part came more than once
  bool too_large = false;  // the file
  std::string filename;
  std::string content_type;  // of the file's part
  std::shared_ptr<Blob> file;

  const std::string* field(std::string_view name) const {
    const auto at = fields.find(name);
    return at == fields.end() ? nullptr : &at->second;
  }
};

// One upload on its way in: the part `file` goes into the body file as it comes, the other parts are kept.
class FormUpload : public Exchange, private MultipartParser::Sink {
 public:
  FormUpload(World& world, std::string_view boundary, int64_t max_file_bytes, std::function<Reply(Form&)> use);

  void body(std::string_view piece) override;
  Reply finish() override;

 private:
  void part_begin(const PartHead& head) override;
  void part_data(std::string_view bytes) override;
  void part_end() override { part_.clear(); }

  World& world_;
  MultipartParser parser_;
  int64_t max_file_bytes_;
  std::function<Reply(Form&)> use_;
  std::string part_;
  Form form_;
};

}  // namespace br::emulator
