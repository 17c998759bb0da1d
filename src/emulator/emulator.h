#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace br::emulator {

// How the emulated vendors behave. Times are virtual: they pass `speed` times as fast as the machine's clock.
struct EmulatorOptions {
  uint16_t port = 0;               // 0: the kernel picks a free one
  std::vector<std::string> keys;   // accepted API keys; empty: every non-empty key
  std::string spill_dir = "/tmp";  // where the unlinked file with uploads and results lives
  uint64_t seed = 1;               // of ids, of the order of results, of failing rows
  double speed = 1;                // virtual milliseconds per real millisecond
  int64_t latency_ms = 60'000;     // virtual time from the creation of a batch to its end
  int polls = 0;                   // > 0: instead of by time, a batch moves on one stage every so many reads
  double fail_rate = 0;            // share of rows that fail with a 500 of their own, 0 to 1
  int64_t max_file_bytes = 0;      // of the three limits, 0: the vendor's own
  int64_t max_batch_bytes = 0;
  int64_t max_requests = 0;
  std::string aws_key =
      "AKIDEMULATED:emulated-secret";  // ID:SECRET[:SESSION_TOKEN], for bedrock and S3; more by commas
  std::string service_account;         // a key file's text in JSON, for vertex; empty: one is made
  std::vector<std::string> models;     // known models; empty: every one whose name does not begin with "no-such-"
};

// One scripted misbehaviour; docs/emulator.md lists routes, kinds and values.
// Text form: "ROUTE KIND [key=value]...", such as "POST /v1/batches reset_after_execute nth=2 count=1".
struct Fault {
  std::string route;  // "METHOD /path/*/with/holes", "* *", or "batch"
  std::string kind;
  int nth = 1;                                // the first request (or batch) on that route that is hit
  int count = 1;                              // how many in a row; 0: all that follow
  std::map<std::string, std::string> values;  // what the kind needs: status, retry_after, rows, polls, ...

  // Reads the text form. Returns false, with `error` saying what is wrong, if it names no fault.
  static bool parse(std::string_view text, Fault& out, std::string& error);
  // Returns what is wrong with the fault, empty if it can be used.
  std::string problem() const;
};

// One batch as the vendor's bookkeeping has it.
struct LedgerBatch {
  std::string vendor;
  std::string project;    // of the key that made it; empty: the one without a name
  bool stranger = false;  // another program's in the same account: it counts in no sum
  std::string id;
  std::string input_file_id;
  std::string status;
  int64_t requests = 0;         // rows of the input
  int64_t billed = 0;           // rows that were answered and are paid for
  uint64_t content_hash = 0;    // of the input's bytes
  uint64_t id_set_hash = 0;     // of the set of custom ids, whatever their order
  std::string twice_paid_with;  // id of an earlier batch with the same input that was accepted too, or empty
};

// What the client did with a batch or a file that another program in the same account made. Seeing it in a list is no
// touch.
struct LedgerTouch {
  std::string vendor;
  std::string what;  // poll, results, cancel, delete
  std::string id;
};

// How often the client called.
struct LedgerCalls {
  int64_t uploads = 0;
  int64_t uploaded_bytes = 0;
  int64_t creates = 0;  // batches made, whether or not the answer arrived
  int64_t polls = 0;
  int64_t lists = 0;
  int64_t downloads = 0;
  int64_t downloaded_bytes = 0;
  int64_t cancels = 0;
  int64_t deletes = 0;
  int64_t refused = 0;  // answers with a 4xx
  int64_t faults = 0;   // scripted faults that took place
};

// What was asked of the vendors and what they charge for it: the judge of "nothing lost, nothing paid twice".
struct Ledger : LedgerCalls {
  int64_t requests_billed = 0;
  int64_t requests_twice_paid = 0;  // rows billed that were, byte for byte, billed before
  int64_t batches_twice_paid = 0;
  std::vector<LedgerTouch> stranger_touches;
  std::vector<LedgerBatch> batches;  // in the order of their creation
};

// The batch APIs of the vendors on a loopback port, served by a thread of its own.
// Every member function may be called from any thread.
class Emulator {
 public:
  // Returns a server that already listens; null, with `error` saying why, if there is no port or no spill file.
  static std::unique_ptr<Emulator> start(const EmulatorOptions& options, std::string& error);
  // Stops, as stop() does.
  ~Emulator();
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  uint16_t port() const;
  // What a client of that vendor takes as its base URL ("openai": http://127.0.0.1:PORT/v1, "anthropic":
  // http://127.0.0.1:PORT/anthropic); empty for an unknown one.
  std::string base_url(std::string_view vendor) const;
  static std::vector<std::string> vendors();
  // The key file of the service account that vertex knows, in JSON.
  std::string service_account();

  Ledger ledger();
  // Returns what is wrong with the fault, empty if it is in force from now on.
  std::string add_fault(const Fault& fault);
  void clear_faults();
  // One line about whose key is whose. Returns what is wrong with it, empty if it is in force from now on.
  std::string add_tenant(const std::string& line);
  // Moves the virtual clock forward.
  void advance_ms(int64_t ms);
  // Closes the port and every connection and joins the thread. Further calls do nothing.
  void stop();

 private:
  struct Impl;
  explicit Emulator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace br::emulator
