// Provider: what one vendor's batch API looks like. Pure translation: values in, values out; no I/O, no clock, no
// state. A provider file also owns the vendor's limits, capabilities, properties and quirks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/request_reader.h"
#include "model/capability.h"
#include "model/error.h"
#include "model/job.h"
#include "model/request.h"
#include "model/result.h"
#include "net/http.h"

namespace br {

// Whose money and which address: a provider's settings, resolved from configuration and environment.
struct Account {
  std::string provider;
  std::string base_url;  // without a trailing slash
  std::string api_key;   // secret
  std::string organization, project;
  // Every other property of the provider, by its name without the "<provider>." prefix.
  std::vector<std::pair<std::string, std::string>> settings;
  std::string_view setting(std::string_view name) const;
};

// A setting of one provider, "<provider>.<name>" in the configuration.
struct Property {
  const char* name;
  const char* default_value;
  const char* environment;  // variables that give the default, comma separated; nullptr: none
  bool secret;
  const char* doc;
};

// What encode() may assume and must report.
struct EncodeOptions {
  bool drop_unsupported = false;   // true: leave out what the vendor cannot take, and say so in *warnings
  std::int64_t default_max_tokens = 1024;
};

// One conversation step with the vendor.
enum class Op : std::uint8_t {
  upload,       // free: bring the request file to the vendor
  create,       // paid: make the remote batch
  poll,         // free: ask for the batch
  cancel,       // free
  list,         // free: one page of batches
  delete_file,  // free: remove a file of ours
};

// What a finished operation told us.
struct Outcome {
  std::string input_file_id;              // upload
  std::optional<RemoteStatus> status;     // create, poll, cancel
  std::vector<RemoteStatus> listed;       // list: one page
  std::string next_page;                  // list: cursor of the next page, empty at the end
  bool already_ended = false;             // cancel: there was nothing left to cancel
};

// Either the next HTTP exchange, or the end of the operation.
struct Step {
  std::optional<HttpRequest> send;
  Outcome outcome;
};

// What advance() may look at.
struct OpContext {
  const Account& account;
  const RemoteBatch& batch;        // list, delete_file: what there is of it
  std::string_view page;           // list: cursor, empty for the first page
  std::string_view file_id;        // delete_file
  int list_limit = 100;
  int exchange = 0;                // how many exchanges of this operation were answered
  std::string_view scratch;        // what the last Step's outcome.input_file_id said (multi-exchange uploads)
};

class Provider {
 public:
  virtual ~Provider() = default;
  virtual std::string_view name() const = 0;
  virtual const Capability& capability() const = 0;
  virtual std::span<const Property> properties() const = 0;

  // Appends the vendor's line for the request, newline included. false: *issue says what it cannot take. Fields that
  // were dropped (drop_unsupported) are named in *warnings.
  virtual bool encode(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
                      std::vector<std::string>* warnings) const = 0;

  // The operation's next step: `last` is null at the beginning, then the answer to what was sent. Errors are classified
  // (code, transient, retry_after_ms) from HTTP status and vendor code.
  virtual Result<Step> advance(Op op, const OpContext& context, const HttpResponse* last) const = 0;

  // The downloads that bring the results of a batch in a terminal state, in the order they should be made.
  virtual std::vector<HttpRequest> downloads(const Account& account, const RemoteBatch& batch) const = 0;

  // A reader of native result lines. One per thread.
  virtual std::unique_ptr<class RowReader> row_reader() const = 0;
};

class RowReader {
 public:
  virtual ~RowReader() = default;
  // false: not a result row (damaged JSON, no id). `line` needs kJsonPadding readable bytes behind it; *row points into
  // it until the next call. When an id can be recognised all the same, row->custom_id is set.
  virtual bool read(char* line, std::size_t size, Row* row) = 0;
};

}  // namespace br
