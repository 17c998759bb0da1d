#include "support/emulator_c.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "emulator/emulator.h"

struct emulator {
  std::unique_ptr<br::emulator::Emulator> server;
  std::string base_url;
};

namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "emulator: %s\n", why.c_str());
  std::abort();
}

}  // namespace

extern "C" {

emulator* emulator_start(int polls) {
  br::emulator::EmulatorOptions options;
  options.polls = polls;
  std::string error;
  auto server = br::emulator::Emulator::start(options, error);
  if (server == nullptr) give_up(error);
  std::string base_url = server->base_url("openai");
  return new emulator{std::move(server), std::move(base_url)};
}

const char* emulator_base_url(emulator* self) { return self->base_url.c_str(); }

void emulator_add_fault(emulator* self, const char* text) {
  br::emulator::Fault fault;
  std::string error;
  if (!br::emulator::Fault::parse(text, fault, error)) give_up(error);
  if (const std::string problem = self->server->add_fault(fault); !problem.empty()) give_up(problem);
}

int64_t emulator_batches_created(emulator* self) { return self->server->ledger().creates; }
int64_t emulator_requests_billed(emulator* self) { return self->server->ledger().requests_billed; }
int64_t emulator_requests_twice_paid(emulator* self) { return self->server->ledger().requests_twice_paid; }
void emulator_stop(emulator* self) { delete self; }

}  // extern "C"
