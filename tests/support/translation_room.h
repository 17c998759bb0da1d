// One conversion after the other for a provider: what comes out, why something does not, and what was warned of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/requests/conversion.h"
#include "support/cmocka.h"
#include "support/fake_world.h"
#include "support/router_room.h"

namespace br::test {

struct Translation {
  Translation(const std::string& provider, const std::string& model) {
    spec.provider = provider;
    if (!model.empty()) assert_true(config.set("default_model", model).ok());
  }
  Result<std::string> convert(const std::string& text) {
    std::string out;
    spec.sources = {{"in", "", text}};
    const auto done = convert_batch(world, config, spec, [&out](std::string_view block) -> Result<void> {
      out += block;
      return {};
    });
    if (!done) return done.error();
    return out;
  }
  std::string must(const std::string& text) {
    const auto out = convert(text);
    if (!out) fail_msg("%s from %s: %s", spec.provider.c_str(), text.c_str(), reason(out.error()).c_str());
    return *out;
  }
  std::string refusal(const std::string& text) {
    const auto out = convert(text);
    if (out) fail_msg("%s took %s as %s", spec.provider.c_str(), text.c_str(), out->c_str());
    return reason(out.error());
  }
  std::vector<std::string> warnings(const std::string& text) {
    spec.sources = {{"in", "", text}};
    auto report = read_requests(world, config, spec, nullptr);
    if (!report) fail_msg("%s", reason(report.error()).c_str());
    return report->warnings;
  }
  static std::string reason(const Error& error) { return error.issues.empty() ? error.message : error.issues[0]; }

  FakeWorld in{7, [](const HttpRequest&, const std::string&) { return not_found_answer(); }};
  World world = in.begin_process();
  Config config;
  BatchSpec spec;
};

}  // namespace br::test
