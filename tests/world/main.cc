// world: goes through simulated histories and tells the first promise that was broken.
//   world SEED...                one history each, told in sentences
//   world --seeds FIRST COUNT    so many, quietly; a failing one is made shorter and told
//   world --kept FILE            the seeds that once broke a promise: lines of a vendor, a seed and what it was
// Options: --vendor NAME: that family only. --met: what the histories met, and how often. --all: goes on after a failing
// one. --first: tells the first failing one in one line.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "world/plan.h"
#include "world/simulation.h"

namespace {

using br::world::Breach;
using br::world::Plan;
using br::world::Simulation;

std::optional<Breach> judge(const Plan& plan, bool tells, std::map<std::string, std::int64_t>* met) {
  Simulation simulation(plan, tells);
  auto breach = simulation.run();
  for (const std::string& sentence : simulation.history().sentences()) std::printf("%s\n", sentence.c_str());
  if (met != nullptr) {
    for (const auto& [kind, times] : simulation.history().met()) (*met)[kind] += times;
  }
  return breach;
}

// The fewest steps with which the same promise is broken.
Plan shorten(Plan plan, const Breach& breach) {
  for (std::size_t at = plan.steps.size(); at-- > 0;) {
    Plan shorter = plan;
    shorter.steps.erase(shorter.steps.begin() + static_cast<std::ptrdiff_t>(at));
    const auto still = judge(shorter, false, nullptr);
    if (still && still->rule == breach.rule) plan = std::move(shorter);
  }
  return plan;
}

int tell_failure(const Plan& plan, const Breach& breach) {
  std::printf("seed %llu breaks: %s\n  %s\nas short as it gets:\n", static_cast<unsigned long long>(plan.seed),
              breach.rule.c_str(), breach.what.c_str());
  (void)judge(shorten(plan, breach), true, nullptr);
  std::printf("again: world --vendor %s %llu\n", plan.vendor.c_str(), static_cast<unsigned long long>(plan.seed));
  return 1;
}

// Each is told when it breaks again.
int judge_kept(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  int failed = 0, judged = 0;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string vendor;
    std::uint64_t seed = 0;
    if (line.empty() || line.front() == '#' || !(words >> vendor >> seed)) continue;
    ++judged;
    const Plan plan = br::world::draw_plan(seed, vendor);
    if (const auto breach = judge(plan, false, nullptr)) failed += tell_failure(plan, *breach);
  }
  std::printf("%d kept seeds, %d broken\n", judged, failed);
  return judged == 0 || failed > 0 ? 1 : 0;
}

struct Options {
  std::string vendor;
  std::vector<std::uint64_t> seeds;
  std::uint64_t first = 0, count = 0;
  std::string kept;
  bool tells_met = false, goes_on = false, one_line = false;
};

Options read_options(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--vendor" && i + 1 < count) options.vendor = words[++i];
    else if (word == "--met") options.tells_met = true;
    else if (word == "--all") options.goes_on = true;
    else if (word == "--first") options.one_line = true;
    else if (word == "--kept" && i + 1 < count) options.kept = words[++i];
    else if (word == "--seeds" && i + 2 < count) {
      options.first = std::strtoull(words[++i], nullptr, 10);
      options.count = std::strtoull(words[++i], nullptr, 10);
    } else options.seeds.push_back(std::strtoull(word.c_str(), nullptr, 10));
  }
  return options;
}

}  // namespace

int main(int count, char** words) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const Options options = read_options(count, words);
  for (const std::uint64_t seed : options.seeds) {
    const auto breach = judge(br::world::draw_plan(seed, options.vendor), true, nullptr);
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
                breach ? (breach->rule + ": " + breach->what).c_str() : "every promise was kept");
    if (breach) return 1;
  }
  if (!options.kept.empty()) return judge_kept(options.kept);
  std::map<std::string, std::int64_t> met;
  int failed = 0;
  for (std::uint64_t seed = options.first; seed < options.first + options.count; ++seed) {
    const Plan plan = br::world::draw_plan(seed, options.vendor);
    const auto breach = judge(plan, false, &met);
    if (!breach) continue;
    ++failed;
    if (!options.goes_on && !options.one_line) return tell_failure(plan, *breach);
    std::printf("seed %llu (%s): %s: %s\n", static_cast<unsigned long long>(seed), plan.vendor.c_str(),
                breach->rule.c_str(), breach->what.c_str());
    if (options.one_line) return 1;
  }
  if (options.count > 0) std::printf("%llu histories, %d broken\n", static_cast<unsigned long long>(options.count), failed);
  if (options.tells_met) {
    for (const auto& [kind, times] : met) std::printf("%10lld  %s\n", static_cast<long long>(times), kind.c_str());
  }
  return failed > 0 ? 1 : 0;
}
