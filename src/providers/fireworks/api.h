// FireworksHttpApi: datasets and jobs whose names we choose; results behind signed addresses of another host.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/json_read.h"
#include "providers/openai/batches.h"
#include "providers/shared/http_error.h"
#include "providers/shared/wire.h"

namespace br {

// "accounts/A", from the setting or from the base URL; empty where neither has it.
std::string fireworks_account(const Account& account);
Error no_fireworks_account();

// There is no list of uploads to search: its jobs have the name that we choose.
class FireworksHttpApi : public HttpApi {
 public:
  explicit FireworksHttpApi(OpenAiCalls calls) : calls_(std::move(calls)) {}

  // Makes the dataset, then fills it. One of ours that exists already was made by an earlier attempt, and may be full.
  Result<std::optional<UploadCall>> upload_request(const CallContext& context) const override;
  Result<UploadStep> read_upload(const CallContext& context, const UploadState& state,
                                 const HttpResponse& response) const override;
  Result<std::optional<HttpRequest>> delete_request(const CallContext& context,
                                                    std::string_view file_id) const override;
  Result<void> read_delete(const CallContext& context, const HttpResponse& response) const override;

  Result<HttpRequest> create_request(const CallContext& context, std::string_view lines) const override;
  Result<RemoteStatus> read_create(const CallContext& context, const HttpResponse& response) const override {
    return read_status(context, "creating the batch", response);
  }
  Result<HttpRequest> poll_request(const CallContext& context) const override {
    return checked(context.account, call(context.account, "GET", job_path(context.batch.status.id)));
  }
  Result<RemoteStatus> read_poll(const CallContext& context, const HttpResponse& response) const override {
    return read_status(context, "asking for the batch", response);
  }
  Result<HttpRequest> cancel_request(const CallContext& context) const override {
    return checked(context.account, json_call(context.account, job_path(context.batch.status.id, ":cancel"), "{}"));
  }
  // The answer holds no job; the next poll tells what became of it.
  Result<Cancelled> read_cancel(const CallContext&, const HttpResponse& response) const override {
    if (response.ok()) return Cancelled{};
    return cancel_refused(read_http_error("fireworks", "cancelling the batch", response));
  }
  // One of ours is asked for by its name, which is proof enough; otherwise the list of all.
  Result<HttpRequest> list_request(const CallContext& context, const PageQuery& query) const override;
  Result<BatchPage> read_list(const CallContext& context, const PageQuery& query,
                              const HttpResponse& response) const override;

  std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const override {
    const std::string& id = batch.status.output.id;
    if (id.empty()) return {};
    return {{call(account, "GET", openai_path("/datasets", id, ":getDownloadEndpoint")), true}};
  }
  Result<Page> read_page(const Account& account, const RemoteBatch& batch, const HttpResponse& response) const override;

 private:
  // Every address holds the account's id: Code::config where there is none.
  static Result<HttpRequest> checked(const Account& account, HttpRequest request);
  HttpRequest call(const Account& account, std::string method, std::string_view path) const;
  HttpRequest json_call(const Account& account, std::string_view path, std::string body) const;
  static std::string job_path(std::string_view id, std::string_view suffix = {}) {
    return openai_path("/batchInferenceJobs", id, suffix);
  }

  // The dataset of the request file.
  static std::string input_id(const RemoteBatch& batch);
  HttpRequest dataset_call(const CallContext& context) const {
    return call(context.account, "GET", openai_path("/datasets", input_id(context.batch)));
  }

  UploadStep fill(const CallContext& context, UploadStage stage) const;
  Result<UploadStep> read_dataset(const CallContext& context, UploadStage asked, const HttpResponse& response) const;
  Result<RemoteStatus> read_job(const Account& account, const Json& json, std::string_view what) const;
  Result<RemoteStatus> read_status(const CallContext& context, std::string_view what,
                                   const HttpResponse& response) const;

  const OpenAiCalls calls_;
};

}  // namespace br
