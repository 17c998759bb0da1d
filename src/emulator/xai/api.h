#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "emulator/openai/rows.h"
#include "emulator/vendor/form_upload.h"
#include "emulator/vendor/inline_create.h"
#include "emulator/vendor/stored.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

// What the client calls a batch: a container that a file or any number of calls fill. Each of them is one batch of the
// emulator's.
struct XaiContainer {
  struct Portion {
    Batch* batch;
    int64_t requests;  // 0: the file is counted when it is read
  };
  std::string id;
  std::string name;
  std::string input_file_id;  // not empty: sealed
  Tenant tenant;              // who made it
  int64_t created_ms = 0;
  int64_t cancelled_ms = 0;
  std::vector<Portion> portions;
  std::map<std::string, uint64_t> added;  // hashes of requests by their ids
};

// xAI: a batch is a container with counters instead of a state, and its results are pages instead of a file.
class XaiApi : public Vendor, public BatchOwner {
 public:
  explicit XaiApi(World& world);

  std::string_view name() const override { return "xai"; }
  std::string_view base_path() const override { return "/xai/v1"; }
  Opening begin(const RequestHead& head, Path path) override;
  Reply refusal(const ApiError& error) const override;

  std::unique_ptr<LineCheck> check(const Batch& batch) override { return rows_.check(batch); }
  RowAnswer answer(const Batch& batch, const Row& row) override { return rows_.answer(batch, row); }
  std::string unanswered(const Batch&, const Row&, Unanswered) override { return {}; }
  void results_ready(Batch&) override {}
  void make_twin(const Batch& original, Batch& twin) override;
  void unmake(const Batch& batch) override;

 private:
  // xai_files.cc
  Opening begin_files(const RequestHead& head, Path path);
  Reply receive_upload(Form& form);

  // xai_batches.cc
  Opening begin_batches(const RequestHead& head, Path path);
  Reply create(const std::string& body);
  Reply get(const std::string& id);
  Reply list(const RequestHead& head);
  Reply cancel(const std::string& id);
  Reply results(const RequestHead& head, const std::string& id);
  // Null if there is none of that id, or it is another project's.
  XaiContainer* find(std::string_view id);
  XaiContainer* find_to(std::string_view what, std::string_view id);
  std::string container_json(const XaiContainer& container) const;

  // xai_requests.cc
  Opening begin_add(const std::string& id);
  Reply add(const std::string& id, InlineBody& body);
  ApiError request_problem(const XaiContainer& container, const json::Value& request) const;
  void fill(XaiContainer& container, std::shared_ptr<const Blob> input, int64_t requests);

  Reply ok(std::string json) const {
    Reply reply;
    reply.body = std::move(json);
    return reply;
  }
  Reply bad(std::string message) const { return refusal({400, {}, {}, std::move(message), {}}); }
  Reply not_found(const std::string& what) const { return refusal({404, {}, {}, what + " not found", {}}); }

  World& world_;
  StoredFiles files_;
  StoredBatches batches_;
  std::vector<std::unique_ptr<XaiContainer>> containers_;  // oldest first
  OpenAiRows rows_;
  Limits limits_;
};

}  // namespace br::emulator
