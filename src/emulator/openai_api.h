#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/openai_rows.h"
#include "emulator/vendor.h"

namespace br::emulator {

// Where the vendors that took over OpenAI's files and batches differ from it and from each other.
struct OpenAiTable {
  std::string name;
  std::string base_path;
  std::string purpose = "batch";
  std::string file_prefix = "file-";
  std::string batch_prefix = "batch_";
  std::vector<std::string> endpoints;
  std::vector<std::string> windows = {"24h"};
  int create_status = 200;
};

struct StoredFile {
  std::string id;
  std::string filename;
  std::string purpose;
  int64_t created_s = 0;
  int64_t expires_s = 0;
  std::shared_ptr<const Blob> blob;
};

// The files and batches API of OpenAI and of those who speak it.
class OpenAiApi : public Vendor, public BatchOwner {
 public:
  OpenAiApi(OpenAiTable table, World& world);

  std::string_view name() const override { return table_.name; }
  std::string_view base_path() const override { return table_.base_path; }
  Opening begin(const RequestHead& head, Path path) override;
  Reply refusal(const ApiError& error) const override;

  std::unique_ptr<LineCheck> check(const Batch& batch) override;
  RowAnswer answer(const Batch& batch, const Row& row) override;
  std::string unanswered(const Batch& batch, const Row& row, Unanswered why) override;
  void results_ready(Batch& batch) override;

 private:
  friend class OpenAiUpload;

  // openai_files.cc
  Opening begin_files(const RequestHead& head, Path path);
  Opening begin_upload(const RequestHead& head);
  Reply list_files(const RequestHead& head) const;
  Reply get_file(const std::string& id) const;
  Reply file_content(const std::string& id);
  Reply delete_file(const std::string& id);
  std::string add_file(StoredFile file);
  const StoredFile* find_file(std::string_view id) const;
  static std::string file_json(const StoredFile& file);

  // openai_create.cc
  Reply create_batch(const std::string& body);
  ApiError create_problem(const json::Value& body) const;

  // openai_batches.cc
  Opening begin_batches(const RequestHead& head, Path path);
  Reply list_batches(const RequestHead& head);
  Reply get_batch(const std::string& id);
  Reply cancel_batch(const std::string& id);
  Batch* find_batch(std::string_view id);
  std::string batch_json(const Batch& batch) const;
  std::string status_word(const Batch& batch) const;

  Reply ok(std::string json, int status = 200) const;

  OpenAiTable table_;
  World& world_;
  OpenAiRows rows_;
  std::map<std::string, StoredFile, std::less<>> files_;
  std::vector<std::string> file_order_;  // ids, oldest first; of deleted files too
  std::map<std::string, Batch*, std::less<>> batches_;
  std::vector<Batch*> batch_order_;  // oldest first
};

std::unique_ptr<Vendor> make_openai(World& world);

}  // namespace br::emulator
