// validate, convert, decode: the translations, offline and streaming.
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/out_file.h"
#include "cli/progress.h"
#include "cli/settings.h"
#include "cli/terminal.h"

namespace cli {

Exit run_validate(const Options& options) {
  const Config config = make_config(options);
  const Batch batch = make_batch(options, "");
  call(br_validate, config.get(), batch.get());
  if (options.json) fmt::print("{{\"valid\":true}}\n");
  else if (!options.quiet) tell("{}: valid\n", options.input);
  return Exit::ok;
}

Exit run_convert(const Options& options) {
  const Config config = make_config(options);
  const Batch batch = make_batch(options, "");
  OutFile file(absolute_output(options.output));
  const auto convert = [&](br_batch* requests, br_write_fn write, void* user_data, br_error** error) {
    return br_convert(config.get(), requests, write, user_data, error);
  };
  call_writing(&file, convert, batch.get());
  return Exit::ok;
}

Exit run_decode(const Options& options) {
  if (options.provider.empty())
    throw Failure(Exit::usage, "decode: it is not said whose result lines these are", "add --provider");
  const Config config = make_config(options);
  OutFile file(absolute_output(options.output));
  std::int64_t rows = 0, failed = 0;
  const auto decode = [&](const char* path, br_write_fn write, void* user_data, br_error** error) {
    return br_decode_file(config.get(), options.provider.c_str(), path, write, user_data, &rows, &failed, error);
  };
  call_writing(&file, decode, options.input.c_str());
  if (options.verbose > 0) tell("{} results, {} of them did not succeed\n", grouped(rows), grouped(failed));
  return Exit::ok;
}

}  // namespace cli
