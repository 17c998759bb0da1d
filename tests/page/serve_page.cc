// A gateway with figures that the test dictates: each line of standard input is what /stats says from then on, "end"
// stops the gateway's answers for good. Prints the address and the token, and an "ok" for every line.
#include <cstdio>
#include <iostream>
#include <string>

#include "gateway/gateway.h"
#include "support/capture_stand_in.h"

int main() {
  br_capture capture;
  br::gateway::Options options;
  options.port = 0;
  options.token = br::gateway::make_token();
  std::string error;
  auto gateway = br::gateway::Gateway::start(options, &capture, error);
  if (!gateway) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 1;
  }
  std::printf("%s %s\n", gateway->url().c_str(), options.token.c_str());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "end") {
      capture.end();
      gateway->stop();
    } else {
      const std::lock_guard lock(capture.mutex);
      capture.stats = line;
    }
    std::printf("ok\n");
    std::fflush(stdout);
  }
  capture.end();
  return 0;
}
