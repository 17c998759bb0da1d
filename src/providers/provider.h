// Provider: what one vendor's batch API looks like. Pure translation: values in, values out; no I/O, no clock, no
// state. A provider file also owns the vendor's limits, capabilities, properties and quirks.
#pragma once

#include <cstdint>
#include <functional>
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
  std::string slot;      // which of several keys of the provider; empty: the only one
  std::string base_url;  // without a trailing slash
  std::string api_key;   // secret
  std::string token;     // secret: the access token in force, where the provider asks for one
  std::string organization, project;
  // Every other property of the provider, by its name without the "<provider>." prefix.
  std::vector<std::pair<std::string, std::string>> settings;
  std::string_view setting(std::string_view name) const;
  // The addresses a key may go to: the base URL and every setting whose name ends in "_url".
  std::vector<std::string> own_urls() const;
};

// A setting of one provider, "<provider>.<name>" in the configuration.
struct Property {
  const char* name;
  const char* default_value;
  const char* environment;  // variables that give the default, comma separated; nullptr: none
  bool secret;
  const char* doc;
  bool file = false;  // the value is the path of a file whose content counts, unless it is that content (JSON) itself
  bool program = false;  // the value is what is started on this machine
};

// What encode() may assume and must report.
struct EncodeOptions {
  bool drop_unsupported = false;   // true: leave out what the vendor cannot take, and say so in *warnings
  std::int64_t default_max_tokens = 1024;
  const Account* account = nullptr;  // the provider's settings, without its key; nullptr: its defaults
};

// One conversation step with the vendor.
enum class Op : std::uint8_t {
  upload,       // free: bring the request file to the vendor
  create,       // paid: make the remote batch
  poll,         // free: ask for the batch
  cancel,       // free
  list,         // free: one page of batches
  find_upload,  // free: one page of uploaded files, for those with the name that the part's request file gets
  delete_file,  // free: remove a file of ours
};

// What a finished operation told us.
struct Outcome {
  std::string input_file_id;              // upload
  std::optional<RemoteStatus> status;     // create, poll, cancel
  std::vector<RemoteStatus> listed;       // list: one page
  std::vector<std::string> owners;        // list: the job here that has listed[i], where another one has it, else empty
  std::int64_t unreadable = 0;            // list: entries of the page that could not be read
  std::vector<std::string> uploads;       // find_upload: ids of the files of that name
  std::string next_page;                  // list, find_upload: cursor of the next page, empty at the end
  bool already_ended = false;             // cancel: there was nothing left to cancel
  std::int64_t vendor_now_ms = -1;        // the vendor's clock as it answered, where it tells
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
  std::int64_t now_ms = 0;
  std::string_view page;           // list: cursor, empty for the first page
  std::string_view file_id;        // delete_file
  int list_limit = 100;
  int exchange = 0;                // how many exchanges of this operation were answered
  std::string_view scratch;        // what the last Step's outcome.input_file_id said (multi-exchange uploads)
  std::string_view lines;          // create: the request file, where wants_lines() says so
};

// One way to bring results: an HTTP download whose body is result lines, one whose body is a document (read by
// read_page), or a file that a local run wrote.
struct Download {
  HttpRequest request;
  bool page = false;
  std::string path;
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

// What can be seen of a local run.
struct LocalRun {
  bool started = false, running = false, has_output = false;
  bool cancelled = false;
  int exit_code = -1;      // -1: unknown
  std::string log_tail;    // the last lines it wrote to stderr
};

using BytesSink = std::function<Result<void>(std::string_view bytes)>;

class Provider {
 public:
  virtual ~Provider() = default;
  virtual std::string_view name() const = 0;
  virtual const Capability& capability() const = 0;
  virtual std::span<const Property> properties() const = 0;
  // The capability, with the limits that these settings give.
  virtual Capability limits(const Account& settings) const;
  // Fills in what follows from other settings: addresses that hold a region. Code::config where one of them is missing.
  virtual Result<void> complete(Account* account) const;

  // What names the account that the calls are made for, such as a project or a resource, whichever key opens it; empty
  // where the settings name none, so that only the key itself tells accounts apart.
  virtual std::string account_name(const Account& account) const;

  // The id that stands for custom_id on the wire; empty where the vendor takes it as it is. number: of the request in
  // the job, from 1; two requests of a job never get the same wire id, nor one that wire_id() leaves alone. tag: what
  // Marker::none vendors put into every id, so that a result row proves whose batch it belongs to; empty: no batch is
  // made of it.
  virtual std::string wire_id(std::string_view custom_id, std::uint64_t number, std::string_view tag) const;

  // Appends the vendor's line for the request, newline included. false: *issue says what it cannot take. Fields that
  // were dropped (drop_unsupported) are named in *warnings.
  virtual bool encode(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
                      std::vector<std::string>* warnings) const = 0;

  // The operation's next step: `last` is null at the beginning, then the answer to what was sent. Errors are classified
  // (code, transient, retry_after_ms) from HTTP status and vendor code.
  virtual Result<Step> advance(Op op, const OpContext& context, const HttpResponse* last) const = 0;

  // Whether advance(Op::create) needs the request file in memory (small batches that go inline).
  virtual bool wants_lines(const Account& account, const RemoteBatch& batch) const;

  // The downloads that bring the results of a batch in a terminal state, in the order they should be made.
  virtual std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const = 0;
  // Reads the answer to a Download that is a page.
  virtual Result<Page> read_page(const Account& account, const RemoteBatch& batch, const HttpResponse& response) const;

  // Providers whose calls carry an access token: how to ask for one, and the answer. Nothing: the key is used itself.
  virtual Result<std::optional<HttpRequest>> token_request(const Account& account, std::int64_t now_ms) const;
  virtual Result<Token> read_token(const Account& account, std::int64_t now_ms, const HttpResponse& response) const;
  // The last touch before a request to one of the account's own addresses leaves: signatures, tokens.
  virtual Result<void> sign(const Account& account, std::int64_t now_ms, HttpRequest* request) const;

  // Capability::local: the program that works on request_path and writes output_path, found in PATH by its first word.
  virtual Result<std::vector<std::string>> local_command(const Account& account, const RemoteBatch& batch,
                                                         const std::string& request_path,
                                                         const std::string& output_path) const;
  virtual RemoteStatus read_local_run(const RemoteBatch& batch, const LocalRun& run) const;

  // Capability::external: the whole operation, done by code from outside. Blocks; on threads of the caller's only. list
  // brings all pages; limit: how many batches are enough where batch has no marker.
  virtual Result<Outcome> operate(Op op, const RemoteBatch& batch, std::int64_t limit) const;
  // Likewise: gives the result lines of a batch in a terminal state.
  virtual Result<void> fetch(const RemoteBatch& batch, const BytesSink& sink) const;
  // What has to live while the provider is used; nullptr for what is built in.
  virtual std::shared_ptr<const void> hold() const;

  // A reader of native result lines. One per thread.
  virtual std::unique_ptr<class RowReader> row_reader() const = 0;
};

// What of an account must never be shown: keys, tokens, and what a file of credentials holds of them.
std::vector<std::string> secrets_of(const Provider& provider, const Account& account);

class RowReader {
 public:
  virtual ~RowReader() = default;
  // false: not a result row (damaged JSON, no id). `line` needs kJsonPadding readable bytes behind it; *row points into
  // it until the next call. When an id can be recognised all the same, row->custom_id is set.
  virtual bool read(char* line, std::size_t size, Row* row) = 0;
};

}  // namespace br
