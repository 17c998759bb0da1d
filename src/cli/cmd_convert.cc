// validate, convert, decode: the translations, offline and streaming.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/out_file.h"
#include "cli/progress.h"
#include "cli/settings.h"

namespace cli {

Exit run_validate(const Options& options) {
  const Config config = make_config(options);
  const Batch batch = make_batch(options, "");
  call(br_validate, config.get(), batch.get());
  if (options.json) fmt::print("{{\"valid\":true}}\n");
  else if (!options.quiet) fmt::print(stderr, "{}: valid\n", options.input);
  return Exit::ok;
}

Exit run_convert(const Options& options) {
  const Config config = make_config(options);
  const Batch batch = make_batch(options, "");
  OutFile file(absolute_output(options.output));
  call(br_convert, config.get(), batch.get(), &OutFile::take, static_cast<void*>(&file));
  file.commit();
  return Exit::ok;
}

Exit run_decode(const Options& options) {
  if (options.provider.empty())
    throw Failure(Exit::usage, "decode: it is not said whose result lines these are", "add --provider");
  const Config config = make_config(options);
  OutFile file(absolute_output(options.output));
  std::int64_t rows = 0, failed = 0;
  call(br_decode_file, config.get(), options.provider.c_str(), options.input.c_str(), &OutFile::take,
       static_cast<void*>(&file), &rows, &failed);
  file.commit();
  if (options.verbose > 0) fmt::print(stderr, "{} results, {} of them did not succeed\n", grouped(rows), grouped(failed));
  return Exit::ok;
}

}  // namespace cli
