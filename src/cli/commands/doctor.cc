// doctor: what of this machine could stand in the way, each with the way out.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "cli/commands/commands.h"
#include "cli/config_layers.h"
#include "cli/json_text.h"
#include "cli/json_view.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "cli/terminal.h"

namespace cli {
namespace {

struct Finding {
  bool good;
  std::string what, fix;
};
using Findings = std::vector<Finding>;

bool is_in_environment(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  return value != nullptr && *value != '\0';
}

void check_versions(Findings* findings) {
  const JsonView info(br_build_info());
  std::string line = "batchrouter " + info.text("/version");
  for (const char* part : {"compiler", "libcurl", "openssl", "sqlite"}) {
    const std::string version = info.text(std::string("/") + part);
    if (!version.empty()) line += fmt::format(", {} {}", part, version);
  }
  findings->push_back({true, line, ""});
  findings->push_back({br_abi_version() == BR_ABI_VERSION,
                       fmt::format("the library's interface is generation {}, the program's {}", br_abi_version(),
                                   BR_ABI_VERSION),
                       "install the program and the library of one version"});
}

// A missing key is a finding only where no provider at all has one: nobody uses every vendor.
void check_keys(Findings* findings) {
  bool any = false;
  std::string variables;
  for (std::size_t i = 0; i < br_provider_count(); ++i) {
    const std::string name = br_provider_name(i), variable = environment_of(name + ".api_key");
    if (variable.empty()) continue;
    const std::string first = variable.substr(0, variable.find(','));
    if (is_in_environment(first)) findings->push_back({true, name + ": the key is in " + first, ""});
    any = any || is_in_environment(first);
    variables += (variables.empty() ? "" : ", ") + first;
  }
  if (!any) findings->push_back({false, "no API key in the environment", "set one of: " + variables});
}

// The address of a proxy without the user and the password in it.
std::string without_user(std::string address) {
  const std::size_t scheme = address.find("://"), begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t at = address.rfind('@');
  return at == std::string::npos || at < begin ? address : address.erase(begin, at + 1 - begin);
}

void check_proxies(Findings* findings) {
  std::string set;
  for (const char* name : {"HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"}) {
    if (is_in_environment(name)) set += (set.empty() ? "" : ", ") + std::string(name) + "=" + without_user(std::getenv(name));
  }
  findings->push_back({true, set.empty() ? "no proxy" : "a proxy is set: " + set, ""});
}

void check_certificates(Findings* findings) {
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"}) {
    if (!is_in_environment(name)) continue;
    const std::string path = std::getenv(name);
    findings->push_back({access(path.c_str(), R_OK) == 0, fmt::format("certificates are trusted by {}: {}", name, path),
                         fmt::format("unset {}, or let it name a PEM file that can be read", name)});
  }
}

void check_state_dir(const Options& options, Findings* findings) {
  const std::string directory = br_config_get(make_config(options).get(), "state_dir");
  std::filesystem::path at = std::filesystem::absolute(directory);
  while (!std::filesystem::exists(at) && at.has_parent_path() && at != at.root_path()) at = at.parent_path();
  const bool writable = access(at.c_str(), W_OK | X_OK) == 0;
  findings->push_back({writable, fmt::format("state directory {} {}", directory,
                                             writable ? "can be written" : "cannot be written"),
                       "give another --state-dir, or the right to write to " + at.string()});
  struct stat info {};
  if (stat(directory.c_str(), &info) != 0) return;
  const bool is_private = (info.st_mode & (S_IRWXG | S_IRWXO)) == 0;
  findings->push_back({is_private, fmt::format("state directory {} is {}", directory,
                                               is_private ? "private" : "open to other users"),
                       "chmod -R go= " + directory});
}

// What the state says of itself when it is opened, without going on with anything.
void check_state(const Options& options, Findings* findings) {
  if (!has_state(options)) return;
  const Config config = make_config(options);
  call(br_config_set, config.get(), "state.mode", "observer");
  const auto keep_warning = [](void* user_data, std::int32_t, const char* message) {
    static_cast<Findings*>(user_data)->push_back({false, message, "batchrouter resume looks at the vendors first"});
  };
  call(br_config_set_log, config.get(), std::int32_t{BR_LOG_WARNING}, static_cast<br_log_fn>(keep_warning),
       static_cast<void*>(findings), static_cast<br_destroy_fn>(nullptr));
  try {
    br_router* opened = nullptr;
    call(br_router_new, config.get(), &opened);
    const Router router(opened);
    br_job_list* list = nullptr;
    call(br_list, opened, static_cast<const char*>(nullptr), std::int64_t{0}, &list);
    const JobList jobs(list);
    call(br_poll, opened, std::int64_t{0});
    findings->push_back({true, fmt::format("the state is whole: {} jobs", br_job_list_count(list)), ""});
  } catch (const Failure& failure) {
    findings->push_back({false, failure.what(), failure.hint});
  }
}

void check_limits(Findings* findings) {
  constexpr rlim_t kFiles = 256;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  findings->push_back({files.rlim_cur >= kFiles, fmt::format("{} open files allowed", files.rlim_cur),
                       fmt::format("ulimit -n {}", kFiles)});
}

// A directory that is gone with it.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "batchrouter-doctor-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<std::string> vendors_to_ask(const Options& options) {
  if (!options.provider.empty()) return {options.provider};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < br_provider_count(); ++i) {
    const std::string name = br_provider_name(i), variables = environment_of(name + ".api_key");
    const bool has_key = !variables.empty() && is_in_environment(variables.substr(0, variables.find(',')));
    if (has_key || !ConfigLayers::here().source_of(name + ".api_key").empty()) names.push_back(name);
  }
  return names;
}

// Asks each vendor for the newest of its batches, which costs nothing.
void check_connections(const Options& options, Findings* findings) {
  const ScratchDirectory scratch;
  Options here = options;
  here.state_dir = scratch.path();
  const Config config = make_config(here);
  br_router* opened = nullptr;
  call(br_router_new, config.get(), &opened);
  const Router router(opened);
  for (const std::string& name : vendors_to_ask(options)) {
    const char* url = br_config_get(config.get(), (name + ".base_url").c_str());
    const std::string where = name + (url == nullptr || *url == '\0' ? "" : std::string(" at ") + url);
    br_job_list* found = nullptr;
    try {
      call(br_list_remote, opened, name.c_str(), std::int64_t{1}, kAskTimeoutMs, &found);
      const JobList list(found);
      findings->push_back({true, where + " answers, and takes the key", ""});
    } catch (const Failure& failure) {
      if (failure.code == "BR_EUNSUPPORTED") continue;  // it has no list, or runs here
      findings->push_back({false, where + ": " + failure.what(), failure.hint});
    }
  }
}

void print_findings(const Findings& findings, bool json) {
  if (!json) {
    for (const Finding& finding : findings) {
      put("{}  {}\n", finding.good ? "ok   " : "wrong", finding.what);
      if (!finding.good) put("       fix: {}\n", finding.fix);
    }
    return;
  }
  fmt::print("{{\"findings\":[");
  for (const Finding& finding : findings)
    fmt::print("{}{{\"ok\":{},\"what\":{},\"fix\":{}}}", &finding == findings.data() ? "" : ",", finding.good,
               json_text(finding.what), finding.good ? "null" : json_text(finding.fix));
  fmt::print("]}}\n");
}

}  // namespace

Exit run_doctor(const Options& options) {
  Findings findings;
  check_versions(&findings);
  check_keys(&findings);
  check_proxies(&findings);
  check_certificates(&findings);
  check_state_dir(options, &findings);
  check_state(options, &findings);
  check_limits(&findings);
  if (options.connect) check_connections(options, &findings);
  print_findings(findings, options.json);
  bool good = true;
  for (const Finding& finding : findings) good = good && finding.good;
  return good ? Exit::ok : Exit::failed;
}

}  // namespace cli
