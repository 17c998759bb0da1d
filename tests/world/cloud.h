// Cloud: a vendor of a simulated world, written from the vendors' own descriptions and knowing nothing of the product. A
// question holds a word of its own (`ask:WORD`), and its answer says it back (`answer:WORD`), so that every answer proves
// which question it answers. What was executed stands in the ledger.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "world/dice.h"
#include "world/history.h"
#include "world/timeline.h"

namespace br::world {

struct Call {
  std::string method, path, query, key, body, filename;
};

struct Reply {
  int status = 200;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// How a vendor behaves in one world. Chances are percents.
struct Manners {
  std::int64_t shortest_work_ms = 60'000, longest_work_ms = 3'600'000;
  std::int64_t list_lag_ms = 0;       // until a new batch is listed
  std::int64_t file_lag_ms = 0;       // until an ended batch's files can be downloaded
  std::size_t page = 20;              // most entries of one page of a list
  int errored = 0, missing = 0, damaged = 0, doubled = 0, foreign_row = 0;  // of the rows
  int fails = 0, expires = 0, partly_expires = 0;                           // of the batches
  int unreadable_entry = 0;           // of the lists' entries
  int lookalikes = 0;                 // batches of other tenants beside one of ours
  bool steps_back = false;            // states go backwards now and then
};

enum class Fate : std::uint8_t { waits, answered, errored, expired, cancelled };
enum class Shown : std::uint8_t { good, missing, damaged };

struct Row {
  std::string id, word;
  Fate fate = Fate::waits;
  Shown shown = Shown::good;
};

enum class Stage : std::uint8_t { validating, working, cancelling, ended, failed, cancelled, expired };

struct CloudBatch {
  std::string id, account, input_file, metadata;  // metadata: the JSON object as it came; empty: none
  bool is_foreign = false;                        // another tenant's
  std::int64_t created_ms = 0, ended_ms = -1;
  Stage stage = Stage::validating;
  std::vector<Row> rows;
  std::string output, errors;  // what its result files hold, once it has ended
  std::string output_id, errors_id;
};

class Cloud {
 public:
  Cloud(Timeline* timeline, History* history, Dice dice, Manners manners)
      : dice_(dice), manners_(manners), timeline_(timeline), history_(history) {}
  virtual ~Cloud() = default;
  Cloud(const Cloud&) = delete;
  Cloud& operator=(const Cloud&) = delete;

  virtual const char* provider() const = 0;
  virtual std::string base_url() const = 0;
  // Carries a call out. A key that is no account's gets 401.
  virtual Reply answer(const Call& call) = 0;
  // The call makes a batch: it is paid for.
  virtual bool is_paid(const Call& call) const = 0;
  // An answer that says so without having done it.
  virtual Reply refusal(int status, const std::string& why) const = 0;

  void add_account(const std::string& key) { accounts_.insert(key); }

  const std::vector<std::unique_ptr<CloudBatch>>& batches() const { return batches_; }
  // What was done to batches and files of other tenants that only their owners may do.
  const std::vector<std::string>& trespasses() const { return trespasses_; }
  // Faults end: whatever still works ends soon, and well.
  void calm_down();

 protected:
  bool knows(const std::string& key) const { return accounts_.contains(key); }
  // A batch of these rows begins. `like`: batches of other tenants that look like it come beside it.
  CloudBatch* begin(const std::string& account, std::vector<Row> rows, const std::string& input_file,
                    const std::string& metadata);
  CloudBatch* find(const std::string& account, const std::string& id);
  void cancel(CloudBatch* batch);
  // Of that account, newest first, as far as the list shows them by now.
  std::vector<CloudBatch*> listed(const std::string& account) const;
  void trespass(const CloudBatch& batch, const std::string& what);
  // The result files of a batch that has ended.
  virtual void write_results(CloudBatch* batch) = 0;
  // Moves on to the next word of a family's own, for lookalikes: ids that vendors make.
  virtual std::string new_batch_id() = 0;
  // Whether a result row of somebody else's stands among the rows of this result file.
  bool shows_foreign_row() { return dice_.percent(manners_.foreign_row); }
  // How often a row stands there.
  int times() { return dice_.percent(manners_.doubled) ? 2 : 1; }

  Dice dice_;
  Manners manners_;
  Timeline* timeline_;
  History* history_;
  std::vector<std::unique_ptr<CloudBatch>> batches_;
  std::uint64_t last_number_ = 0;

 private:
  void begin_lookalike(const CloudBatch& like);
  void end(CloudBatch* batch);
  void finish(CloudBatch* batch, Stage stage);

  std::set<std::string> accounts_;
  std::vector<std::string> trespasses_;
};

// Requests out of lines that vendors take: one in each line that has a question.
std::vector<Row> read_rows(std::string_view lines, std::string_view id_name);
// The text behind `"name":"` up to the closing quote; empty: there is none.
std::string text_of(std::string_view json, std::string_view name);
// Of a query.
std::string argument(const std::string& query, const std::string& name);
std::string quoted(std::string_view text);

// vendor: "openai", "anthropic", "together", "google".
std::unique_ptr<Cloud> make_cloud(const std::string& vendor, Timeline* timeline, History* history, Dice dice,
                                  Manners manners);
std::unique_ptr<Cloud> make_openai_cloud(Timeline* timeline, History* history, Dice dice, Manners manners);
std::unique_ptr<Cloud> make_together_cloud(Timeline* timeline, History* history, Dice dice, Manners manners);
std::unique_ptr<Cloud> make_google_cloud(Timeline* timeline, History* history, Dice dice, Manners manners);
std::unique_ptr<Cloud> make_anthropic_cloud(Timeline* timeline, History* history, Dice dice, Manners manners);

}  // namespace br::world
