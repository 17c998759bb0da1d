// VertexHttpApi: Vertex AI's batch prediction jobs: request files in Cloud Storage, jobs, results in Cloud Storage; and the
// access tokens of Google Cloud (tokens.cc).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "providers/http_api.h"

namespace br {

// There is no list of uploads to search: its jobs keep our marker as their name.
class VertexHttpApi : public HttpApi {
 public:
  Result<std::optional<UploadCall>> upload_request(const CallContext& context) const override;
  Result<UploadStep> read_upload(const CallContext& context, const UploadState& state,
                                 const HttpResponse& response) const override;
  Result<HttpRequest> create_request(const CallContext& context, std::string_view lines) const override;
  Result<RemoteStatus> read_create(const CallContext& context, const HttpResponse& response) const override;
  Result<HttpRequest> poll_request(const CallContext& context) const override;
  Result<RemoteStatus> read_poll(const CallContext& context, const HttpResponse& response) const override;
  Result<HttpRequest> cancel_request(const CallContext& context) const override;
  Result<Cancelled> read_cancel(const CallContext& context, const HttpResponse& response) const override;
  Result<HttpRequest> list_request(const CallContext& context, const PageQuery& query) const override;
  Result<BatchPage> read_list(const CallContext& context, const PageQuery& query,
                              const HttpResponse& response) const override;
  Result<std::optional<HttpRequest>> delete_request(const CallContext& context,
                                                    std::string_view file_id) const override;
  Result<void> read_delete(const CallContext& context, const HttpResponse& response) const override;
  std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const override;
  Result<Page> read_page(const Account& account, const RemoteBatch& batch, const HttpResponse& response) const override;
  Result<std::optional<HttpRequest>> token_request(const Account& account, std::int64_t now_ms) const override;
  Result<Token> read_token(const Account& account, std::int64_t now_ms, const HttpResponse& response) const override;
  Result<void> sign(const Account& account, std::int64_t now_ms, HttpRequest* request) const override;
};

}  // namespace br
