#include "cli/idle_options.h"

#include <array>
#include <string>
#include <utility>

#include "cli/commands/commands.h"
#include "cli/handles.h"
#include "cli/json_view.h"

namespace cli {
namespace {

// What a job keeps from its submission.
void refuse_words_of_a_submission(const Options& options) {
  const std::array<std::pair<bool, const char*>, 6> given = {{{!options.model.empty(), "--model"},
                                                              {options.split, "--split"},
                                                              {options.canary != 0, "--canary"},
                                                              {!options.on_unsupported.empty(), "--on-unsupported"},
                                                              {options.max_cost.has_value(), "--max-cost"},
                                                              {!options.name.empty(), "--name"}}};
  for (const auto& [is_given, option] : given) {
    if (is_given)
      throw Failure(Exit::usage, options.command + ": " + option + " has no effect on a job that was submitted",
                    std::string("leave it out, or give it to run or submit"));
  }
}

std::string without_slash(std::string address) {
  while (address.ends_with('/')) address.pop_back();
  return address;
}

void refuse_other_address(const Options& options, const br_job* job, const std::string& provider) {
  const std::string key = provider + ".base_url=";
  const std::string own = JsonView(br_job_json(job, nullptr)).text("/base_url");
  for (const std::string& pair : options.set) {
    if (!pair.starts_with(key) || own.empty() || without_slash(pair.substr(key.size())) == without_slash(own)) continue;
    throw Failure(Exit::usage, std::string(br_job_id(job)) + ": --set " + provider + ".base_url: the job remembers " + own,
                  "give --base-url instead, which moves it");
  }
}

bool is_of_submitted_jobs(const std::string& command) {
  for (const char* name : {"status", "watch", "results", "cancel", "resume", "adopt", "abandon", "remove"}) {
    if (command == name) return true;
  }
  return false;
}

}  // namespace

void refuse_idle_options(const Options& options) {
  const Command* command = find_command(options.command);
  if (command == nullptr || (command->takes & kSettings) == 0) return;
  if (is_of_submitted_jobs(options.command)) refuse_words_of_a_submission(options);
  if (options.base_url.empty() || !options.provider.empty() || (command->takes & (kJob | kAnyJob)) != 0) return;
  throw Failure(Exit::usage, options.command + ": --base-url: it is not said whose address that is",
                "add --provider, or write --set PROVIDER.base_url=URL");
}

void refuse_what_the_job_keeps(const Options& options, const br_job* job) {
  const std::string name = br_job_provider(job);
  const std::string own = name.substr(0, name.find('@'));
  if (own.empty()) return;  // several
  if (options.base_url.empty()) refuse_other_address(options, job, own);
  if (options.provider.empty() || own == options.provider) return;
  throw Failure(Exit::usage, std::string(br_job_id(job)) + ": --provider " + options.provider + ": the job is " + own + "'s, and stays there",
                "leave --provider out; submit the requests anew to send them to another vendor");
}

}  // namespace cli
