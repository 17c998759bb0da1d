// Classifier: whether a call can be answered from a batch, and then what is to be known of it: whose batch it goes
// into, under which identity, as which request. Pure but for the salt: no I/O, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capture/call_body.h"
#include "capture/http_call.h"
#include "core/config.h"
#include "core/key_ring.h"
#include "net/url.h"
#include "providers/provider.h"

namespace br {

// What the calls of one batch have in common.
struct QueueKey {
  std::string provider, slot;  // the account: "openai", "k3f…"
  std::string endpoint;        // a path of the vendor's batch API
  std::string model;
  bool configured = false;     // the key is the configured one
  std::string account;         // which one: a slot of the configuration
  KeyRing::Settings settings;  // what batch headers said
  std::string text() const;    // one line of JSON, without any key
};
std::optional<QueueKey> read_queue_key(std::string_view text);

// In which form a stream tells an answer.
enum class StreamKind : std::uint8_t { none, events, gemini_events, gemini_array };

struct Classified {
  const Provider* provider = nullptr;
  QueueKey queue;
  KeyRing::Settings secrets;  // of the account: its key and what batch headers said
  std::string identity;
  std::string body;  // the request for the batch
  StreamKind stream = StreamKind::none;
  bool include_usage = false;
  std::string idempotency_key;
};

class Classifier {
 public:
  // salt: of the hashes that stand for keys on disk.
  Classifier(const Config* config, std::string salt);

  // Nothing: pass it through. holds: keeps a provider of the caller's alive.
  std::optional<Classified> classify(const HttpCall& call) const;
  // The slot of an account, by its key and settings.
  std::string slot_of(std::string_view provider, const KeyRing::Settings& secrets) const;

 private:
  struct Address {
    const Provider* provider = nullptr;
    std::string account;  // a slot of the configuration
    std::string path;     // behind the base URL
    std::string query;
  };
  // A provider whose calls can be captured, and where it is.
  struct Known {
    const Provider* provider = nullptr;
    Url base;
  };
  std::optional<Address> address_of(const HttpCall& call) const;

  const Config* const config_;
  const std::string salt_;
  std::vector<Known> known_;  // the same as long as it lives, as the configuration is
};

}  // namespace br
