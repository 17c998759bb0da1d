// providers and version: what this build is and can do.
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/json_view.h"
#include "cli/progress.h"

namespace cli {
namespace {

std::string joined(const std::vector<JsonView>& words) {
  std::string out;
  for (const JsonView& word : words) out += (out.empty() ? "" : ", ") + word.text("");
  return out;
}

std::string number_at(const JsonView& view, const char* pointer) {
  const std::string text = view.text(pointer);
  const std::int64_t number = text.empty() ? 0 : std::stoll(text);
  return number <= 0 ? "none" : grouped(number);
}

std::string megabytes_at(const JsonView& view, const char* pointer) {
  constexpr std::int64_t kMegabyte = 1'000'000;
  const std::string text = view.text(pointer);
  const std::int64_t number = text.empty() ? 0 : std::stoll(text);
  return number <= 0 ? "none" : grouped(number / kMegabyte) + " MB";
}

void print_row(const char* format, const JsonView& view) {
  fmt::print(fmt::runtime(format), view.text("/name"), joined(view.items("/modes")), joined(view.items("/endpoints")),
             number_at(view, "/limits/requests"), megabytes_at(view, "/limits/bytes"),
             view.text("/discount_percent") + " %", view.text("/docs"));
}

void print_json() {
  fmt::print("{{\"providers\":[");
  for (std::size_t i = 0; i < br_provider_count(); ++i)
    fmt::print("{}{}", i == 0 ? "" : ",", br_provider_json(br_provider_name(i)));
  fmt::print("]}}\n");
}

}  // namespace

Exit run_providers(const Options& options) {
  if (options.json) {
    print_json();
    return Exit::ok;
  }
  if (options.markdown) {
    fmt::print("| Provider | Modes | Endpoints | Requests per batch | Size of a batch | Discount | Vendor's page |\n");
    fmt::print("|---|---|---|---|---|---|---|\n");
  } else {
    fmt::print("{:<18} {:<13} {:<32} {:>9} {:>8}  {}\n", "PROVIDER", "MODES", "ENDPOINTS", "REQUESTS", "BYTES", "DISCOUNT");
  }
  const char* format = options.markdown ? "| `{}` | {} | {} | {} | {} | {} | <{}> |\n"
                                        : "{:<18} {:<13} {:<32} {:>9} {:>8}  {}\n";
  for (std::size_t i = 0; i < br_provider_count(); ++i)
    print_row(format, JsonView(br_provider_json(br_provider_name(i))));
  return Exit::ok;
}

Exit run_version(const Options& options) {
  if (options.json) fmt::print("{}\n", br_build_info());
  else fmt::print("batchrouter {}\n", br_version());
  return Exit::ok;
}

}  // namespace cli
