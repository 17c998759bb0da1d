// HttpApi: a vendor's batch API over HTTP. Each operation is a pair: a function that makes the request, and one that
// reads the answer to it. Pure, like Dialect: who sends, repeats and remembers is core/engine. What a vendor does not
// have is left out. Errors are classified (code, transient, retry_after_ms) from HTTP status and vendor code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/error.h"
#include "model/job.h"
#include "net/http.h"
#include "providers/answers.h"
#include "providers/dialect.h"

namespace br {

// What every function may look at. Valid for the one call.
struct CallContext {
  const Account& account;
  const RemoteBatch& batch;  // of a list or a deletion: what there is of it
  std::int64_t now_ms = 0;
};

// Which page of a list is asked for.
struct PageQuery {
  std::string_view cursor;  // empty: the first one
  int limit = 100;
};

// What the exchange under way of an upload is for. Most uploads are one exchange, `announce`.
enum class UploadStage : std::uint8_t {
  announce,     // the first one: the file itself, or that one will come
  look,         // what became of the file that an earlier attempt announced
  address,      // where the bytes go
  bytes,        // the bytes, to the vendor itself
  bytes_again,  // likewise, for a file that an earlier attempt may have filled
  storage,      // the bytes, to the vendor's storage at a signed address
  confirm,      // that the bytes are there
  check,        // whether the vendor has them
};

// Where an upload stands. It lasts for one attempt and is never stored.
struct UploadState {
  UploadStage stage = UploadStage::announce;
  std::size_t media_type = 0;  // the number of the one that is tried, where a vendor refuses some
};

// The next exchange of an upload, and where it then stands.
struct UploadCall {
  HttpRequest request;
  UploadState state;
};
struct UploadedFile {
  std::string id;
};
// What an answer leads to.
using UploadStep = std::variant<UploadCall, UploadedFile>;

// One way to bring results: an HTTP download whose body is result lines, or one whose body is a document (read_page).
struct Download {
  HttpRequest request;
  bool page = false;
};

// What a document brought: result lines, and where more of them are.
struct Page {
  std::string lines;
  std::vector<Download> next;
};

// An access token that the API key was exchanged for.
struct Token {
  std::string value;
  std::int64_t expires_ms = 0;
};

class HttpApi {
 public:
  virtual ~HttpApi() = default;

  // Free: brings the request file to the vendor. Nothing: it needs no upload, the requests travel with the create call.
  virtual Result<std::optional<UploadCall>> upload_request(const CallContext& context) const;
  // state: what UploadCall said with the request that is answered here.
  virtual Result<UploadStep> read_upload(const CallContext& context, const UploadState& state,
                                         const HttpResponse& response) const;

  // Free, just before the create call: asks whether the request file can be used. Nothing: it can.
  virtual Result<std::optional<HttpRequest>> ready_request(const CallContext& context) const;
  virtual Result<void> read_ready(const CallContext& context, const HttpResponse& response) const;

  // Paid: makes the remote batch. lines: the request file, where wants_lines() says so.
  virtual Result<HttpRequest> create_request(const CallContext& context, std::string_view lines) const = 0;
  virtual Result<RemoteStatus> read_create(const CallContext& context, const HttpResponse& response) const = 0;
  // Whether create_request() needs the request file in memory (small batches that go inline).
  virtual bool wants_lines(const Account& account, const RemoteBatch& batch) const;

  // Free: asks for the batch.
  virtual Result<HttpRequest> poll_request(const CallContext& context) const = 0;
  virtual Result<RemoteStatus> read_poll(const CallContext& context, const HttpResponse& response) const = 0;

  virtual Result<HttpRequest> cancel_request(const CallContext& context) const = 0;
  virtual Result<Cancelled> read_cancel(const CallContext& context, const HttpResponse& response) const = 0;

  // One page of batches: of all, or of those with the marker of context.batch where the vendor can tell them apart.
  virtual Result<HttpRequest> list_request(const CallContext& context, const PageQuery& query) const = 0;
  virtual Result<BatchPage> read_list(const CallContext& context, const PageQuery& query,
                                      const HttpResponse& response) const = 0;

  // One page of uploaded files, for those with the name of the part's request file. Nothing: they are not needed, since
  // the batches themselves carry our marker.
  virtual Result<std::optional<HttpRequest>> find_upload_request(const CallContext& context,
                                                                 const PageQuery& query) const;
  virtual Result<FilePage> read_find_upload(const CallContext& context, const HttpResponse& response) const;

  // Removes a file of ours. Nothing: its batches leave no files.
  virtual Result<std::optional<HttpRequest>> delete_request(const CallContext& context, std::string_view file_id) const;
  virtual Result<void> read_delete(const CallContext& context, const HttpResponse& response) const;

  // The downloads that bring the results of a batch in a terminal state, in the order they should be made.
  virtual std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const = 0;
  // Reads the answer to a Download that is a page.
  virtual Result<Page> read_page(const Account& account, const RemoteBatch& batch, const HttpResponse& response) const;

  // For calls that carry an access token: how to ask for one, and the answer. Nothing: the key is used itself.
  virtual Result<std::optional<HttpRequest>> token_request(const Account& account, std::int64_t now_ms) const;
  virtual Result<Token> read_token(const Account& account, std::int64_t now_ms, const HttpResponse& response) const;
  // The last touch before a request to one of the account's own addresses leaves: signatures, tokens.
  virtual Result<void> sign(const Account& account, std::int64_t now_ms, HttpRequest* request) const;
};

}  // namespace br
