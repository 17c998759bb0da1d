// Dialect: how one vendor is spoken: what it is called, what it can, what its settings are, how a request becomes a line
// of its batch files, and how a result row is read. Pure translation: values in, values out; no I/O, no clock, no state,
// so that one object serves all threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/request_reader.h"
#include "model/capability.h"
#include "model/error.h"
#include "model/request.h"
#include "model/result.h"
#include "providers/capture_rules.h"

namespace br {

class ModelLookup;

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
  ModelLookup* models = nullptr;     // what models take; nullptr: the built-in table
};

class RowReader {
 public:
  virtual ~RowReader() = default;
  // false: not a result row (damaged JSON, no id). `line` needs kJsonPadding readable bytes behind it; *row points into
  // it until the next call. When an id can be recognised all the same, row->custom_id is set.
  virtual bool read(char* line, std::size_t size, Row* row) = 0;
};

class Dialect {
 public:
  virtual ~Dialect() = default;
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

  // A reader of native result lines. One per thread.
  virtual std::unique_ptr<RowReader> row_reader() const = 0;

  // The setting that joins answers without an id to the requests by their position; empty: there is none, since every
  // answer of the vendor has its id.
  virtual std::string_view join_setting() const { return {}; }

  // How ordinary calls become requests of batches. nullptr: none of them can.
  virtual const CaptureRules* capture_rules() const { return nullptr; }
};

}  // namespace br
