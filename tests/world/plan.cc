#include "world/plan.h"

#include <utility>

#include "world/dice.h"

namespace br::world {
namespace {

// Each kind of trouble is there in some worlds only, and often in these: rare pairs of kinds meet.
int chance(Dice* dice, int most) {
  return dice->percent(35) ? static_cast<int>(dice->between(1, most)) : 0;
}

Weather draw_weather(Dice* dice) {
  Weather w;
  w.refused = chance(dice, 30);
  w.lost_there = chance(dice, 20);
  w.lost_back = chance(dice, 30);
  w.late = chance(dice, 20);
  w.twice = chance(dice, 10);
  w.busy = chance(dice, 20);
  w.broken = chance(dice, 25);
  w.page = chance(dice, 15);
  w.cut = chance(dice, 60);
  w.clipped = chance(dice, 50);
  w.not_found = chance(dice, 10);
  w.denied = chance(dice, 5);
  w.slowest_ms = dice->percent(50) ? 200 : 20'000;
  return w;
}

Manners draw_manners(Dice* dice) {
  Manners m;
  m.longest_work_ms = dice->percent(50) ? 600'000 : 6'000'000;
  m.list_lag_ms = dice->percent(40) ? dice->between(0, 240'000) : 0;
  m.file_lag_ms = dice->percent(30) ? dice->between(0, 120'000) : 0;
  m.page = dice->percent(50) ? static_cast<std::size_t>(dice->between(1, 3)) : 20;
  m.errored = chance(dice, 30);
  m.missing = chance(dice, 30);
  m.damaged = chance(dice, 30);
  m.doubled = chance(dice, 30);
  m.foreign_row = chance(dice, 50);
  m.fails = chance(dice, 20);
  m.expires = chance(dice, 20);
  m.partly_expires = chance(dice, 20);
  m.unreadable_entry = chance(dice, 20);
  m.lookalikes = chance(dice, 100);
  m.steps_back = dice->percent(20);
  return m;
}

Command draw_command(Dice* dice) {
  static const std::vector<Command> kOften = {Command::run,    Command::run,    Command::run,    Command::run,
                                              Command::results, Command::resume, Command::resume, Command::status,
                                              Command::watch,  Command::cancel, Command::retry};
  return dice->one_of(kOften);
}

struct Odds {
  bool kills, power, copies, fills, breaks, other_keys, clocks;
};

Deed draw_deed(Dice* dice, const Odds& odds) {
  const std::int64_t roll = dice->between(0, 99);
  if (roll < 34) return Deed::start;
  if (roll < 60) return Deed::go_on;
  if (roll < 68) return Deed::end;
  if (roll < 74) return Deed::pass;
  if (roll < 80 && odds.kills) return Deed::kill;
  if (roll < 85 && odds.power) return Deed::power;
  if (roll < 87 && odds.copies) return Deed::copy;
  if (roll < 90 && odds.copies) return Deed::put_back;
  if (roll < 93 && odds.fills) return dice->percent(50) ? Deed::fill_disk : Deed::free_disk;
  if (roll < 96 && odds.breaks) return dice->percent(50) ? Deed::break_disk : Deed::mend_disk;
  return Deed::go_on;
}

Step draw_step(Dice* dice, const Odds& odds, std::size_t tasks) {
  Step step;
  step.seed = dice->next();
  step.deed = draw_deed(dice, odds);
  step.command = draw_command(dice);
  step.which = static_cast<std::size_t>(dice->next() % 64);
  if (step.deed == Deed::start) step.which %= tasks;
  step.amount = dice->percent(70) ? dice->between(1, 120'000) : dice->between(60'000, 3'600'000);
  if (step.deed == Deed::fill_disk) step.amount = dice->between(0, 20'000);
  if (step.deed == Deed::break_disk) step.amount = dice->between(0, 1);
  if (odds.kills && dice->percent(40)) step.dies_after = dice->between(0, dice->percent(60) ? 45 : dice->percent(60) ? 120 : 600);
  if (odds.copies && dice->percent(40)) step.copied_at = dice->between(1, 80);
  if (odds.clocks && dice->percent(60)) step.clock_off_by_ms = dice->between(-7'200'000, 7'200'000);
  step.any_job = step.command == Command::results && dice->percent(50);
  step.other_key = odds.other_keys && dice->percent(15);
  return step;
}

}  // namespace

Plan draw_plan(std::uint64_t seed, const std::string& vendor) {
  Dice dice(seed);
  Plan plan;
  plan.seed = seed;
  static const std::vector<std::string> kVendors = {"openai", "anthropic", "together", "google"};
  const std::string& drawn = dice.one_of(kVendors);
  plan.vendor = vendor.empty() ? drawn : vendor;
  plan.weather = draw_weather(&dice);
  plan.manners = draw_manners(&dice);
  plan.tasks = static_cast<std::size_t>(dice.between(1, 2));
  plan.questions = static_cast<std::size_t>(dice.between(1, 4));
  plan.two_models = dice.percent(25);
  plan.canary = dice.percent(15);
  plan.keeps_audit_files = dice.percent(30);
  const Odds odds = {dice.percent(80), dice.percent(50), dice.percent(25), dice.percent(15),
                     dice.percent(10), dice.percent(20), dice.percent(25)};
  // A copy that is put back just after a batch was made, or just before, is told from a lagging list by nothing.
  if (odds.copies) plan.manners.list_lag_ms = 0, plan.weather.late = 0;
  const std::int64_t steps = dice.between(3, 14);
  for (std::int64_t i = 0; i < steps; ++i) plan.steps.push_back(draw_step(&dice, odds, plan.tasks));
  plan.steps.front().deed = Deed::start;
  plan.steps.front().which %= plan.tasks;
  plan.steps.front().command = Command::run;
  return plan;
}

std::string tell(const Step& step) {
  static const char* const kCommands[] = {"run", "results", "resume", "status", "watch", "cancel", "retry"};
  const std::string command = kCommands[static_cast<std::size_t>(step.command)];
  switch (step.deed) {
    case Deed::start: return "somebody starts `" + command + "`";
    case Deed::go_on: return "a process works on";
    case Deed::end: return "a process ends in order";
    case Deed::kill: return "a process is killed";
    case Deed::power: return "the power fails";
    case Deed::copy: return "the state directory is copied";
    case Deed::put_back: return "the copy of the state directory is put back";
    case Deed::fill_disk: return "the disk fills up";
    case Deed::free_disk: return "the disk has room again";
    case Deed::break_disk: return "the disk breaks";
    case Deed::mend_disk: return "the disk works again";
    case Deed::pass: return "time passes";
  }
  return "";
}

}  // namespace br::world
