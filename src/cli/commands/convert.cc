// validate, convert, decode: the translations, offline and streaming.
#include <fmt/format.h>

#include <optional>

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
  br_error* error = nullptr;
  const br_status status = br_decode_file(config.get(), options.provider.c_str(), options.input.c_str(), &OutFile::take, &file,
                                          &rows, &failed, &error);
  std::optional<Failure> failure;
  if (status < 0) failure = failure_of(status, error);
  file.check();
  // Wrong lines take nothing away from the rows beside them.
  const bool some_wrong = status == BR_EINPUT && rows > 0;
  if (status < 0 && !some_wrong) throw *failure;
  if (rows == 0)
    throw Failure(Exit::usage, options.input + ": holds no result rows; it is empty", "give the vendor's file of answers");
  file.commit();
  if (options.verbose > 0) tell("{} results, {} of them did not succeed\n", grouped(rows), grouped(failed));
  if (!some_wrong) return Exit::ok;
  failure->exit = Exit::some_failed;
  throw *failure;
}

}  // namespace cli
