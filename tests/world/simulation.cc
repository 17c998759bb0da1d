#include "world/simulation.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "world/judge.h"

namespace br::world {
namespace {

constexpr const char* kState = "/state";
constexpr std::int64_t kSliceMs = 600'000;
constexpr std::size_t kAtOnce = 8;

Task make_task(const Plan& plan, std::size_t number) {
  Task task;
  task.name = "task-" + std::to_string(number);
  for (std::size_t i = 0; i < plan.questions; ++i) {
    Question question;
    question.id = "r" + std::to_string(i);
    question.word = "t" + std::to_string(number) + "q" + std::to_string(i);
    const char* model = plan.two_models && i % 2 == 1 ? "m2" : "m";
    task.lines += R"({"custom_id":")" + question.id + R"(","model":")" + model +
                  R"(","messages":[{"role":"user","content":"ask:)" + question.word + "\"}]}\n";
    task.questions.push_back(std::move(question));
  }
  return task;
}

bool has_answer(const Task& task, const std::string& id) {
  return std::any_of(task.got.begin(), task.got.end(), [&](const auto& job) {
    const auto found = job.second.find(id);
    return found != job.second.end() && !found->second.is_error;
  });
}

}  // namespace

Simulation::Simulation(const Plan& plan, bool keeps_sentences)
    : plan_(plan),
      history_(&timeline_, keeps_sentences),
      began_ms_(timeline_.now_ms()),
      dice_(plan.seed ^ 0x5eed),
      network_dice_(plan.seed ^ 0xca11),
      weather_(plan.weather) {
  Dice vendor_dice(plan.seed ^ 0xc10d);
  cloud_ = make_cloud(plan.vendor, &timeline_, &history_, vendor_dice, plan.manners);
  for (const char* key : {kRightKey, kOtherKey}) cloud_->add_account(key);
  for (std::size_t i = 0; i < plan.tasks; ++i) tasks_.push_back(make_task(plan, i));
}

Simulation::~Simulation() { running_.clear(); }

void Simulation::breach(const std::string& rule, const std::string& what) {
  if (breach_) return;
  breach_ = Breach{rule, what};
  history_.tell("BROKEN", rule + ": " + what);
}

std::optional<Breach> Simulation::run() {
  for (const Step& step : plan_.steps) {
    if (breach_) return breach_;
    history_.tell(tell(step));
    take(step);
    bury();
  }
  calm();
  if (!breach_) judge();
  return breach_;
}

Process::Place Simulation::place() {
  return {&disk_, &databases_, {&timeline_, &history_, cloud_.get(), &weather_, &network_dice_, &repeats_, &clipped_}};
}

Config Simulation::config(bool other_key) const {
  Config config;
  const std::string vendor = cloud_->provider();
  const std::vector<std::pair<std::string, std::string>> values = {
      {"state_dir", kState},
      {vendor + ".api_key", other_key ? kOtherKey : kRightKey},
      {vendor + ".base_url", cloud_->base_url()},
      {"audit.files", plan_.keeps_audit_files ? "1" : "0"},
      {"canary", plan_.canary ? "1" : "0"},
      {"max_cost_usd", ""},
  };
  for (const auto& [key, value] : values) (void)config.set(key, value);
  return config;
}

void Simulation::take(const Step& step) {
  Running* chosen = running_.empty() ? nullptr : running_[step.which % running_.size()].get();
  switch (step.deed) {
    case Deed::start: return start_process(step);
    case Deed::go_on:
      if (chosen != nullptr) work_on(chosen, step.amount);
      return;
    case Deed::end:
      if (chosen != nullptr) leave(chosen);
      return;
    case Deed::kill:
      if (chosen != nullptr) chosen->process->kill();
      return;
    case Deed::power: return lose_power();
    case Deed::copy: return take_copy();
    case Deed::put_back: return put_back();
    case Deed::fill_disk:
      disk_.room = step.amount;
      return;
    case Deed::free_disk:
      disk_.room = -1;
      return;
    case Deed::break_disk:
      (step.amount == 0 ? disk_.write_error : disk_.sync_error) = EIO;
      return;
    case Deed::mend_disk:
      disk_.write_error = disk_.sync_error = 0;
      return;
    case Deed::pass:
      timeline_.advance_to(timeline_.now_ms() + step.amount);
      return;
  }
}

void Simulation::start_process(const Step& step) {
  if (running_.size() >= kAtOnce) return;
  auto running = std::make_unique<Running>();
  running->process = std::make_unique<Process>(place(), ++last_process_, step.dies_after, step.clock_off_by_ms, step.seed);
  if (step.copied_at > 0) running->process->life().at_step(step.copied_at, [this] { take_copy(); });
  running->command = step.command;
  running->task = &tasks_[step.which % tasks_.size()];
  if (!step.any_job) running->job_id = running->task->job_id;
  running->dice = Dice(step.seed);
  auto opened = running->process->open(config(step.other_key));
  if (!opened && opened.error().code == Code::locked && step.command != Command::run) {
    Config beside = config(step.other_key);
    (void)beside.set("state.mode", "observer");
    opened = running->process->open(beside);
  }
  if (!opened) return history_.tell("the program does not start", opened.error().message);
  running_.push_back(std::move(running));
  work_on(running_.back().get(), step.amount);
}

void Simulation::work_on(Running* running, std::int64_t for_ms) {
  if (running->process->is_over()) return;
  if (!std::exchange(running->is_begun, true)) begin(running);
  if (running->process->is_over()) return;
  if (running->command == Command::status || running->command == Command::watch) return look(running, for_ms);
  receive(running, for_ms);
}

void Simulation::begin(Running* running) {
  Router& router = running->process->router();
  if (router.is_observer()) return;
  switch (running->command) {
    case Command::run: return submit(running);
    case Command::resume:
      (void)router.control().resume(running->job_id);
      return;
    case Command::cancel: return cancel(running);
    case Command::retry: return retry(running);
    case Command::results:
    case Command::status:
    case Command::watch: return;
  }
}

void Simulation::submit(Running* running) {
  Task& task = *running->task;
  BatchSpec spec;
  spec.provider = cloud_->provider();
  spec.name = task.name;
  spec.sources.push_back({"requests", "", task.lines});
  spec.options = {{"continue", "1"}, {"finished", "take"}};
  task.was_tried = true;
  auto submitted = running->process->router().submission().submit(spec, {});
  if (!submitted) return history_.tell("a submit fails", submitted.error().message);
  if (running->process->was_killed()) return;  // nobody was told
  history_.tell(submitted->existed ? "the same requests go on as the job that they are" : "a job is submitted",
                submitted->job_id);
  task.job_id = running->job_id = submitted->job_id;
  task.jobs.insert(submitted->job_id);
}

Task* Simulation::task_of(const std::string& job_id) {
  for (Task& task : tasks_) {
    if (task.jobs.contains(job_id)) return &task;
  }
  return nullptr;
}

// Also of a job whose submitter died before it was told of it.
Task* Simulation::find_task(Router* router, const std::string& job_id) {
  if (Task* known = task_of(job_id)) return known;
  const auto view = router->views().view(job_id);
  for (Task& task : tasks_) {
    if (!view) continue;
    if (view->job().name != task.name && !task.jobs.contains(view->job().parent)) continue;
    task.jobs.insert(job_id);
    return &task;
  }
  return nullptr;
}

// As a program takes results: it keeps each, then says so.
void Simulation::receive(Running* running, std::int64_t for_ms) {
  Router& router = running->process->router();
  const std::int64_t until_ms = timeline_.now_ms() + for_ms;
  while (!running->process->is_over()) {
    std::vector<Delivered> results;
    const std::int64_t wait_ms = std::clamp<std::int64_t>(until_ms - timeline_.now_ms(), 0, kSliceMs);
    auto waited = router.outbox().next(running->job_id, wait_ms, static_cast<std::size_t>(running->dice.between(1, 3)), &results);
    if (running->process->was_killed()) return;
    if (!waited) return history_.tell("a result cannot be had", waited.error().message);
    for (Delivered& result : results) {
      if (running->dice.percent(10)) {
        router.outbox().give_back(std::move(result));
        continue;
      }
      note(running, result.job_id, result.line, result.redelivered);
      router.outbox().acknowledge(result);
    }
    if (*waited == Wait::ended && !running->job_id.empty()) {
      if (!router.outbox().acknowledge_all(running->job_id) || running->process->was_killed()) return;
      for (auto& [id, got] : running->task->got[running->job_id]) got.is_kept = true;
      running->task->is_complete[running->job_id] = true;
      return leave(running);
    }
    if (timeline_.now_ms() >= until_ms || *waited == Wait::ended) return;
  }
}

void Simulation::note(Running* running, const std::string& job_id, const std::string& line, bool redelivered) {
  Task* task = find_task(&running->process->router(), job_id);
  if (task == nullptr) return breach("a result is of a job that somebody made", job_id);
  const std::string id = text_of(line, "custom_id");
  Got& got = task->got[job_id][id];
  history_.tell(redelivered ? "a result comes again" : "a result comes", job_id + " " + line);
  if (got.times > 0 && got.line != line)
    breach("a result stays what it was", job_id + " " + id + " was " + got.line + " and is now " + line);
  if (got.is_kept) breach("what was acknowledged for good does not come again", job_id + " " + id);
  if (got.times > 0 && !redelivered) breach("a result that comes again says so", job_id + " " + id);
  got.line = line;
  got.times += 1;
  got.is_error = line.find("\"status\":\"succeeded\"") == std::string::npos;
}

void Simulation::look(Running* running, std::int64_t for_ms) {
  Router& router = running->process->router();
  std::vector<std::string> jobs;
  if (auto listed = router.views().list("", 0)) {
    for (const JobView& view : *listed) jobs.push_back(view.job().id);
  }
  std::vector<std::optional<Error>> errors;
  if (!jobs.empty() && !router.is_observer()) (void)router.control().refresh(jobs, std::min(for_ms, kSliceMs), &errors);
  if (running->command == Command::status && !running->process->is_over()) leave(running);
}

void Simulation::cancel(Running* running) {
  if (running->job_id.empty()) return;
  std::vector<bool> taken;
  std::vector<std::optional<Error>> errors;
  running->task->was_cancelled = true;
  (void)running->process->router().control().cancel({running->job_id}, 60'000, &taken, &errors);
}

void Simulation::retry(Running* running) {
  if (running->job_id.empty()) return;
  BatchSpec options;
  options.options = {{"continue", "1"}, {"finished", "take"}};
  Task& task = *running->task;
  for (Question& question : task.questions) {
    if (!has_answer(task, question.id)) question.asked_again += 1;  // also where nobody lives to be told
  }
  auto retried = running->process->router().submission().retry(running->job_id, options, {});
  if (!retried || running->process->was_killed()) return history_.tell("a retry is refused");
  history_.tell("what failed is asked again", retried->job_id);
  running->job_id = retried->job_id;
  task.jobs.insert(retried->job_id);
}

void Simulation::leave(Running* running) {
  if (running->process->is_over()) return;
  if (auto closed = running->process->close(); !closed) breach("a program comes to its end", closed.error().message);
}

void Simulation::bury() {
  std::erase_if(running_, [](const auto& running) { return running->process->is_over(); });
}

void Simulation::lose_power() {
  for (const auto& running : running_) running->process->kill();
  running_.clear();
  databases_.clear();
  disk_.lose_power(&dice_);
}

void Simulation::take_copy() {
  if (disk_.find(kState) == nullptr) return;
  Copy copy;
  copy.tree = disk_.copy(kState);
  for (const Task& task : tasks_) copy.jobs.insert(task.jobs.begin(), task.jobs.end());
  copy_ = std::move(copy);
}

// While nobody is at work on it. What came later is forgotten: jobs, and which results were taken.
void Simulation::put_back() {
  if (!copy_) return;
  for (const auto& running : running_) leave(running.get());
  running_.clear();
  databases_.clear();
  disk_.put_back(kState, copy_->tree);
  for (Task& task : tasks_) {
    for (const std::string& job : std::set<std::string>(task.jobs)) {
      if (!copy_->jobs.contains(job)) task.jobs.erase(job), task.got.erase(job), task.losses += 1;
      for (auto& [id, got] : task.got[job]) got.is_kept = false, got.times = 0;
    }
    if (!task.jobs.contains(task.job_id)) task.job_id.clear();
  }
}

void Simulation::judge() {
  const Facts facts = {&tasks_, cloud_.get(), &repeats_, &disk_};
  if (auto broken = judge_world(facts)) breach(broken->rule, broken->what);
}

}  // namespace br::world
