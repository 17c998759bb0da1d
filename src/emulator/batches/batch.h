#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "emulator/batches/result_file.h"
#include "emulator/batches/rows.h"
#include "emulator/batches/tenancy.h"

namespace br::emulator {

enum class Stage { kValidating, kFailed, kInProgress, kFinalizing, kCompleted, kExpired, kCancelling, kCancelled };

inline bool has_ended(Stage stage) {
  return stage == Stage::kFailed || stage == Stage::kCompleted || stage == Stage::kExpired ||
         stage == Stage::kCancelled;
}

// OpenAI's word, which the ledger uses for all vendors.
inline const char* stage_word(Stage stage) {
  static constexpr const char* kWords[] = {"validating", "failed",  "in_progress", "finalizing",
                                           "completed",  "expired", "cancelling",  "cancelled"};
  return kWords[static_cast<size_t>(stage)];
}

// When a batch entered each stage, in virtual milliseconds; 0: never.
struct StageTimes {
  int64_t created_ms = 0;
  int64_t expires_ms = 0;
  int64_t in_progress_ms = 0;
  int64_t finalizing_ms = 0;
  int64_t ended_ms = 0;  // whichever end it was
  int64_t cancelling_ms = 0;
};

// How downloads of a result file that was lost are answered.
struct GoneResults {
  int status = 0;  // 0: it is there
  std::string code;
  std::string message;
  int64_t downloads = 0;  // that are answered so; 0: all
};

// The scripted misbehaviour of one batch, made of the faults that hit it.
struct BatchQuirks {
  TextQuirks text;
  int64_t rows_missing = 0;
  int64_t rows_duplicated = 0;
  int64_t rows_malformed = 0;
  int64_t rows_unknown = 0;
  int64_t output_late_polls = 0;
  bool error_file_only = false;
  int64_t not_found_polls = 0;
  int64_t hidden_lists = 0;
  int64_t hidden_list_ms = 0;  // since it was made
  int64_t late_ms = 0;         // before which nobody knows of it
  int64_t rows_huge = 0;
  int64_t huge_bytes = 0;
  int64_t rows_with_key = 0;
  std::string key_form;        // of the client's key in these rows: plain, percent, base64
  std::string stranger_start;  // what ids that nobody asked begin with; a number follows
  LookAlikes look_alikes;
  GoneResults gone_output;
  GoneResults gone_errors;
  bool status_upper = false;
  std::string status_word;
  int64_t status_word_polls = 0;
  bool null_fields = false;
  bool fails = false;
  LineProblem failure;
  double expire_share = -1;  // < 0: does not expire early
  double stall_share = -1;   // < 0: does not stall
};

class RowRun;

// One batch as the vendor knows it.
struct Batch {
  // What was asked for.
  std::string vendor;
  std::string id;
  std::string input_file_id;
  std::string endpoint;
  std::string window;
  std::string metadata_json;  // empty: none
  std::shared_ptr<const Blob> input;
  int64_t window_ms = 0;
  int64_t max_requests = 0;
  int64_t max_bytes = 0;
  std::string api_version;       // of the create call, where rows depend on it
  std::string name;              // what the client calls it, where the vendor lets him
  std::string extra;             // what the vendor keeps with it besides
  bool is_inline = false;        // its requests came in the create call
  bool one_result_file = false;  // failed rows stand among the others
  bool never_fails = false;      // the vendor has no failed batches: every row fails instead
  BatchOwner* owner = nullptr;
  Tenant tenant;  // who made it

  // How far it is.
  Stage stage = Stage::kValidating;
  StageTimes times;
  int64_t reads_in_stage = 0;
  int64_t polls = 0;        // reads by a client, so far
  int64_t ended_polls = 0;  // of these, since it ended
  int64_t lists = 0;        // listings it was a part of, shown or hidden
  std::string model;
  std::vector<LineProblem> problems;  // why it failed
  int64_t total = 0;
  int64_t completed = 0;
  int64_t failed = 0;      // with those that were not answered
  int64_t unanswered = 0;  // when it ended
  Tokens tokens;
  std::shared_ptr<const Blob> output;  // for the vendor to take when the results are ready; null: no such file
  std::shared_ptr<const Blob> errors;
  std::shared_ptr<const Blob> lost_output;  // what a fault answers for with an error
  std::shared_ptr<const Blob> lost_errors;
  std::string output_file_id;
  std::string error_file_id;

  size_t account = 0;  // its number in the ledger
  BatchQuirks quirks;
  std::unique_ptr<RowRun> run;  // null when all the work is done

  Batch();
  ~Batch();
};

}  // namespace br::emulator
