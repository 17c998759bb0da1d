// emulate: the vendors' batch APIs on a loopback port, until Ctrl-C.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "cli/commands/commands.h"
#include "cli/interrupt.h"
#include "cli/json_text.h"
#include "cli/ledger_text.h"
#include "emulator/emulator.h"

namespace cli {
namespace {

using br::emulator::Emulator;
using br::emulator::EmulatorOptions;
using br::emulator::Fault;

// Empty if there is no such file.
std::string read_key_file(const std::string& path) {
  if (path.empty()) return {};
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// A private key: for the user's eyes only.
void write_key_file(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int problem = errno;
  if (fd >= 0) ::close(fd);
  if (written) return;
  throw Failure(Exit::failed, path + ": the service account cannot be written: " + std::strerror(problem),
                "name a file in a directory that can be written to");
}

EmulatorOptions emulator_options(const Options& options) {
  EmulatorOptions out;
  out.port = static_cast<std::uint16_t>(options.port);
  out.speed = options.speed;
  out.fail_rate = options.fail_rate;
  out.seed = static_cast<std::uint64_t>(options.seed);
  out.polls = options.polls;
  out.keys = options.keys;
  if (!options.aws_key.empty()) out.aws_key = options.aws_key;
  out.service_account = read_key_file(options.service_account);
  if (options.latency_ms) out.latency_ms = *options.latency_ms;
  const char* directory = std::getenv("TMPDIR");
  if (directory != nullptr && *directory != '\0') out.spill_dir = directory;
  return out;
}

void add_faults(Emulator* emulator, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    Fault fault;
    std::string error;
    if (Fault::parse(text, fault, error)) error = emulator->add_fault(fault);
    if (!error.empty())
      throw Failure(Exit::usage, "--fault " + text + ": " + error, "docs/emulator.md lists all faults");
  }
}

void add_tenants(Emulator* emulator, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    const std::string error = emulator->add_tenant(line);
    if (!error.empty()) throw Failure(Exit::usage, "--tenant " + line + ": " + error, "docs/emulator.md explains them");
  }
}

void print_addresses(const Emulator& emulator, const std::vector<std::string>& wanted, bool json) {
  std::string addresses;
  for (const std::string& vendor : wanted.empty() ? Emulator::vendors() : wanted) {
    const std::string url = emulator.base_url(vendor);
    if (json)
      addresses += (addresses.empty() ? "" : ",") + json_text(vendor) + ":" + json_text(url);
    else
      fmt::print("{} {}\n", vendor, url);
  }
  if (json) fmt::print("{{\"port\":{},\"base_urls\":{{{}}}}}\n", emulator.port(), addresses);
  std::fflush(stdout);
}

}  // namespace

Exit run_emulate(const Options& options) {
  block_interrupts();
  std::string error;
  const auto emulator = Emulator::start(emulator_options(options), error);
  if (!emulator)
    throw Failure(Exit::failed, "the emulator cannot start: " + error,
                  options.service_account.empty() ? "choose another --port" : "check --port and --service-account");
  add_faults(emulator.get(), options.faults);
  add_tenants(emulator.get(), options.tenants);
  if (!options.service_account.empty() && ::access(options.service_account.c_str(), F_OK) != 0)
    write_key_file(options.service_account, emulator->service_account());
  print_addresses(*emulator, options.vendors, options.json);
  wait_for_interrupt();
  emulator->stop();
  if (options.ledger) fmt::print("{}\n", ledger_json(emulator->ledger()));
  return Exit::ok;
}

}  // namespace cli
