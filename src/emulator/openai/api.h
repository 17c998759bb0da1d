#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/openai/rows.h"
#include "emulator/vendor/form_upload.h"
#include "emulator/vendor/stored.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

enum class Paging { kAfter, kCursor, kNone };

// Where the vendors that took over OpenAI's files and batches differ from it and from each other in values; where they
// differ in shape, they derive from OpenAiApi.
struct OpenAiTable {
  std::string name;
  std::string base_path;
  std::string purpose = "batch";
  std::string result_purpose = "batch_output";
  std::string upload_path;  // below "files"; empty: "files" itself
  std::vector<std::string> form_fields = {"expires_after[anchor]", "expires_after[seconds]"};
  std::string file_prefix = "file-";
  std::string batch_prefix = "batch_";
  std::vector<std::string> endpoints;
  std::vector<std::string> windows = {"24h"};
  bool window_required = true;
  std::vector<std::string> create_fields = {"input_file_id", "endpoint", "completion_window", "metadata",
                                            "output_expires_after"};
  int create_status = 200;
  bool lines_have_endpoint = false;  // the lines say where they go, whatever the create call says
  bool tells_usage = true;           // a batch has `model` and `usage`
  bool bare_files = false;           // a file has neither expiry nor status
  bool bare_file_lists = false;      // a list of files has no cursors
  size_t most_ids = 0;               // above 0: a list takes so many batches by `?id=`
  Paging paging = Paging::kAfter;
  Limits limits;
  RowRules rows;
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
  void make_twin(const Batch& original, Batch& twin) override;
  void unmake(const Batch&) override {}

 protected:
  virtual bool knows_key(const RequestHead& head) const;
  // What is wrong with an upload; may set what the file is to have.
  virtual ApiError form_problem(const Form& form, StoredFile& file);
  virtual std::string file_json(StoredFile& file);
  virtual std::string file_list_json(const std::vector<StoredFile*>& page, bool more);
  virtual std::string new_file_id();
  virtual std::string new_batch_id();
  // What is wrong with a create request; an empty message if nothing is.
  virtual ApiError create_problem(const json::Value& body);
  virtual std::string batch_json(const Batch& batch) const;
  virtual Reply created(const Batch& batch) const;
  virtual Reply cancel_refused(const Batch& batch) const;
  virtual std::string list_json(const std::vector<Batch*>& page, bool more) const;
  virtual bool keeps_empty_error_file() const { return false; }

  ApiError field_problem(const json::Value& body) const;
  std::string status_word(const Batch& batch) const;
  Reply ok(std::string json, int status = 200) const;
  Reply no_batch(const std::string& id) const;

  OpenAiTable table_;
  World& world_;
  StoredFiles files_;
  StoredBatches batches_;

 private:
  // openai_files.cc
  Opening begin_files(const RequestHead& head, Path path);
  Opening begin_upload(const RequestHead& head);
  Reply receive_upload(Form& form);
  Reply list_files(const RequestHead& head);
  Reply get_file(const std::string& id);
  Reply file_content(const std::string& id);
  Reply delete_file(const std::string& id);
  Reply no_file(const std::string& id) const;

  // openai_create.cc
  Reply create_batch(const std::string& body);

  // openai_batches.cc
  Opening begin_batches(const RequestHead& head, Path path);
  Reply list_batches(const RequestHead& head);
  Reply list_chosen(const std::vector<std::string>& ids);
  Reply get_batch(const std::string& id);
  Reply cancel_batch(const std::string& id);
  std::string store_result(const Batch& batch, const std::shared_ptr<const Blob>& blob, const char* kind);

  OpenAiRows rows_;
};

// `errors` of a batch that failed, as OpenAI writes it; null if it did not.
void write_problems(json::Writer& out, const Batch& batch);

}  // namespace br::emulator
