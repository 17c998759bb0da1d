// Simulation: one history of a simulated world, decided by one seed: people run the program, again and again, while
// processes are killed, the power fails, the disk fills up, the network loses calls and the vendor is rude. Then all of
// that ends, and whoever waits has to get what was promised.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "world/cloud.h"
#include "world/disk.h"
#include "world/history.h"
#include "world/judge.h"
#include "world/plan.h"
#include "world/process.h"
#include "world/timeline.h"
#include "world/work.h"

namespace br::world {

// A process, what its person wants of it, and how far it came.
struct Running {
  std::unique_ptr<Process> process;
  Command command = Command::run;
  Task* task = nullptr;
  std::string job_id;  // empty: whichever
  bool is_begun = false;
  Dice dice{0};
};

class Simulation {
 public:
  Simulation(const Plan& plan, bool keeps_sentences);
  ~Simulation();
  // Goes through the plan, then through the calm, and judges. Nothing: every promise was kept.
  std::optional<Breach> run();
  const History& history() const { return history_; }
  std::int64_t lasted_ms() const { return timeline_.now_ms() - began_ms_; }

 private:
  void take(const Step& step);
  void start_process(const Step& step);
  void work_on(Running* running, std::int64_t for_ms);
  void begin(Running* running);
  void submit(Running* running);
  void receive(Running* running, std::int64_t for_ms);
  void note(Running* running, const std::string& job_id, const std::string& line, bool redelivered);
  void look(Running* running, std::int64_t for_ms);
  void cancel(Running* running);
  void retry(Running* running);
  void leave(Running* running);
  void bury();
  void lose_power();
  void take_copy();
  void put_back();
  void calm();
  bool calm_round(bool other_key);
  void collect_the_rest();
  void decide_doubts(Process* process);
  void decide_doubt(Process* process, const std::string& job_id, const RemoteBatch& batch);
  Config config(bool other_key) const;
  Process::Place place();
  Task* task_of(const std::string& job_id);
  Task* find_task(Router* router, const std::string& job_id);
  void breach(const std::string& rule, const std::string& what);
  void judge();

  const Plan plan_;
  Timeline timeline_;
  History history_;
  std::int64_t began_ms_;
  Dice dice_, network_dice_;
  Weather weather_;
  Disk disk_;
  SharedDatabases databases_;
  std::unique_ptr<Cloud> cloud_;
  Repeats repeats_;
  std::set<std::string> clipped_;
  std::vector<Task> tasks_;
  std::vector<std::unique_ptr<Running>> running_;
  struct Copy {
    NodePtr tree;
    std::set<std::string> jobs;
  };
  std::optional<Copy> copy_;
  int last_process_ = 0;
  std::optional<Breach> breach_;
};

}  // namespace br::world
