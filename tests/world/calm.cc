// The end of every history: faults end, the right key is there, and whoever waits comes back for what was promised.
#include <algorithm>
#include <utility>

#include "world/judge.h"
#include "world/simulation.h"

namespace br::world {
namespace {

constexpr std::int64_t kRoundMs = 4 * 3'600'000;
constexpr int kRounds = 40;

}  // namespace

void Simulation::calm() {
  history_.tell("faults end");
  for (const auto& running : running_) leave(running.get());
  running_.clear();
  databases_.clear();
  weather_ = Weather{};
  weather_.slowest_ms = 50;
  cloud_->calm_down();
  disk_.room = -1;
  disk_.write_error = disk_.sync_error = 0;
  for (int round = 0; round < kRounds && !breach_; ++round) {
    if (calm_round(round % 2 == 1)) return collect_the_rest();
  }
  breach("whoever waits gets an answer or a reason", "after " + std::to_string(kRounds) + " rounds of calm");
}

// Everybody runs the program once more, with one of the keys that jobs were made with. true: all have everything.
bool Simulation::calm_round(bool other_key) {
  bool all_have = true;
  for (Task& task : tasks_) {
    if (!task.was_tried) continue;
    Step step;
    step.deed = Deed::start;
    step.seed = dice_.next();
    step.other_key = other_key;
    step.amount = kRoundMs;
    step.which = static_cast<std::size_t>(&task - tasks_.data());
    const std::size_t before = running_.size();
    start_process(step);
    if (running_.size() == before) return false;
    Process* process = running_.back()->process.get();
    if (!process->is_over()) decide_doubts(process);
    const bool is_complete = !task.job_id.empty() && task.is_complete[task.job_id];
    if (!process->is_over()) leave(running_.back().get());
    bury();
    all_have = all_have && is_complete;
  }
  return all_have;
}

// Of jobs that nobody waits for: what failed and was asked again.
void Simulation::collect_the_rest() {
  for (const bool other_key : {false, true}) {
    Step step;
    step.command = Command::results;
    step.any_job = true;
    step.seed = dice_.next();
    step.other_key = other_key;
    step.amount = kRoundMs;
    start_process(step);
    if (!running_.empty()) leave(running_.back().get());
    bury();
  }
}

// What is in doubt a person decides, who looks at the vendor's console.
void Simulation::decide_doubts(Process* process) {
  auto listed = process->router().views().list("", 0);
  if (!listed) return;
  for (const JobView& view : *listed) {
    for (const RemoteBatch& batch : view.job().batches) {
      if (!batch.blocked || !batch.error) continue;
      history_.tell("a job is blocked", batch.error->message);
      if (batch.error->code != Code::unknown_outcome) continue;
      decide_doubt(process, view.job().id, batch);
    }
  }
}

void Simulation::decide_doubt(Process* process, const std::string& job_id, const RemoteBatch& batch) {
  Task* task = task_of(job_id);
  if (task == nullptr) return;
  for (const auto& made : cloud_->batches()) {
    const bool is_theirs = !made->is_foreign && made->rows.size() == static_cast<std::size_t>(batch.rows) &&
                           std::any_of(task->questions.begin(), task->questions.end(),
                                       [&](const Question& asked) { return asked.word == made->rows.front().word; });
    if (!is_theirs) continue;
    if (process->router().control().adopt(job_id, batch.part, made->id)) return history_.tell("a person adopts", made->id);
  }
  history_.tell("a person gives up what is in doubt", job_id);
  task->was_abandoned = true;
  (void)process->router().control().abandon(job_id);
}

}  // namespace br::world
