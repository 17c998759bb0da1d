// OpenAiHttpApi: the files and batches calls of OpenAI, shared by every vendor that copied them: a table of differences, and
// the pair of each operation.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "providers/http_api.h"
#include "providers/shared/wire.h"

namespace br {

// How a vendor's list of batches goes on.
enum class Listing : std::uint8_t {
  after,   // ?limit=&after=<last id>, "has_more"
  cursor,  // ?cursor=, "paging":{"next_cursor"}
  page,    // ?page=&page_size=, "total"
  whole,   // one answer holds all
};

enum class Auth : std::uint8_t { bearer, api_key, none };

// What the fields of a batch are called.
struct BatchFields {
  std::string_view counts = "request_counts";  // empty: the counters stand in the batch itself
  std::string_view total = "total", succeeded = "completed", failed = "failed";
  std::string_view input_file = "input_file_id";  // an id or a list of ids
  std::string_view output_file = "output_file_id", error_file = "error_file_id";
  std::string_view expires = "expires_at";
};

// Where a vendor's calls differ from OpenAI's.
struct OpenAiCalls {
  std::string_view version;  // what a base URL that does not end in a version gets: "/v1"
  std::string query;         // of every call: "api-version=…"
  std::string_view files_path = "/files";
  std::string_view upload_path = "/files";
  std::string_view batches_path = "/batches";
  std::string_view purpose = "batch";  // empty: none
  std::string_view content_type = "application/jsonl";
  std::string_view expiry_anchor = "expires_after[anchor]", expiry_seconds = "expires_after[seconds]";
  bool file_name_fields = false;     // file_name and file_type beside the file
  std::string_view batch_wrapper;    // the field that may hold the batch in an answer: "job"
  std::string_view create_endpoint;  // empty: the address in the lines
  Auth auth = Auth::bearer;
  Listing listing = Listing::after;
  BatchFields fields;
  std::span<const StateWord> words;
  bool metadata = true;
  bool completion_window = true;
};

class OpenAiHttpApi : public HttpApi {
 public:
  explicit OpenAiHttpApi(OpenAiCalls calls) : calls_(std::move(calls)) {}

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
  Result<std::optional<HttpRequest>> find_upload_request(const CallContext& context,
                                                         const PageQuery& query) const override;
  Result<FilePage> read_find_upload(const CallContext& context, const HttpResponse& response) const override;
  Result<std::optional<HttpRequest>> delete_request(const CallContext& context,
                                                    std::string_view file_id) const override;
  Result<void> read_delete(const CallContext& context, const HttpResponse& response) const override;
  std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const override;

 protected:
  // The table, with what the settings change about it. Views may point into the account.
  virtual OpenAiCalls calls_of(const Account& account) const;

  const OpenAiCalls calls_;
};

// The endpoint of a batch as it stands in lines and create calls: "/v1/chat/completions".
inline std::string_view openai_batch_path(const RemoteBatch& batch) {
  return batch.path.empty() ? usual_path(batch.endpoint) : std::string_view(batch.path);
}

// The base URL with the version it lacks.
std::string openai_root(const OpenAiCalls& calls, const Account& account);
// A call to a path below it, with the key where the vendor wants it.
HttpRequest openai_request(const OpenAiCalls& calls, const Account& account, std::string method, std::string_view path);
// A paid call with a JSON body.
HttpRequest openai_create_request(const OpenAiCalls& calls, const Account& account, std::string body);
// prefix/id + suffix, the id escaped.
std::string openai_path(std::string_view prefix, std::string_view id, std::string_view suffix = {});
// A batch in an answer or in a list.
Result<RemoteStatus> read_openai_batch(const OpenAiCalls& calls, const Json& answer, std::string_view provider,
                                       std::string_view what);

}  // namespace br
