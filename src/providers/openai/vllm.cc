// vLLM: `vllm run-batch`, a program on this machine that reads OpenAI's lines and writes all answers at its end.
#include <array>
#include <charconv>

#include "codec/json_write.h"
#include "providers/openai/family.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

constexpr std::size_t kShownLog = 2000;

Capability make_capability() {
  Capability c;
  c.title = "vLLM (run-batch)";
  c.docs = "https://docs.vllm.ai/en/latest/getting_started/examples/batched_chat_completions.html";
  c.partial_results = false;
  c.needs_key = false;
  c.local = true;
  c.can_list = false;
  c.marker = Marker::metadata;
  c.window_hours = 0;
  c.retention_days = 0;
  c.discount_percent = 100;
  // run_batch.py looks at the end of the url.
  c.set_paths({{usual_path(Endpoint::chat), Endpoint::chat},
               {usual_path(Endpoint::embeddings), Endpoint::embeddings}, {"/v1/score"}, {"/score"}, {"/v1/rerank"},
               {"/v2/rerank"}, {"/rerank"}, {"/v1/audio/transcriptions"}, {"/v1/audio/translations"}});
  return c;
}

OpenAiLines make_lines() {
  OpenAiLines d;
  d.vendor = "vLLM";
  d.provider = "";
  d.max_tokens = "max_tokens";  // older releases know no other
  d.top_k = true;
  d.max_stops = 0;
  d.documents = DocumentForm::none;
  d.audio = AudioForm::data_or_url;
  d.responses = false;
  d.own_format = "structural_tag";
  return d;
}

constexpr std::array<Property, 3> kProperties = {{
    {"vllm_command", "vllm", nullptr, false,
     "The program: words between blanks, or a JSON array of strings. No shell.", false, true},
    {"additional_args", "", nullptr, false,
     "Arguments put behind run-batch's own, such as --max-model-len 8192: words, or a JSON array of strings.",
     false, true},
    {"model", "", nullptr, false,
     "What --model gets instead of the requests' model, a directory for instance; their name is served then."},
}};

// The words of a setting: a JSON array's elements, or what stands between blanks.
Result<std::vector<std::string>> words_of(std::string_view setting, std::string_view name) {
  std::vector<std::string> words;
  const std::size_t begin = setting.find_first_not_of(" \t");
  if (begin != std::string_view::npos && setting[begin] == '[') {
    const auto json = Json::parse(setting);
    bool good = json != nullptr && json->is_array();
    for (std::size_t i = 0; good && i < json->items().size(); ++i) {
      const Json& item = json->items()[i];
      good = item.is_string() || item.type() == Json::Type::number;
      words.emplace_back(item.is_string() ? item.string() : item.raw());
    }
    if (good) return words;
    return Error(Code::config, "vllm." + std::string(name) + ": is no JSON array of strings",
                 "give [\"--max-model-len\",\"8192\"] or the words themselves");
  }
  for (std::size_t at = begin; at != std::string_view::npos && at < setting.size();) {
    const std::size_t end = std::min(setting.find_first_of(" \t", at), setting.size());
    words.emplace_back(setting.substr(at, end - at));
    at = setting.find_first_not_of(" \t", end);
  }
  return words;
}

bool gives_option(const std::vector<std::string>& words, std::string_view option) {
  for (const std::string& word : words) {
    if (word == option || word.starts_with(std::string(option) + "=")) return true;
  }
  return false;
}

// The newest "9/20" of "Running batch: 45% Completed | 9/20 [00:05<00:06]".
void read_progress(std::string_view log, RemoteStatus* status) {
  constexpr std::string_view kMark = "Completed | ";
  const std::size_t mark = log.rfind(kMark);
  if (mark == std::string_view::npos) return;
  const char* at = log.data() + mark + kMark.size();
  const char* end = log.data() + log.size();
  std::int64_t done = 0, total = 0;
  const auto first = std::from_chars(at, end, done);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '/') return;
  if (std::from_chars(first.ptr + 1, end, total).ec != std::errc() || done < 0 || total < done) return;
  status->counts_known = true;
  status->counts.total = total;
  status->counts.succeeded = done;
  status->counts.processing = total - done;
}

// The end of what it wrote, as one line.
std::string last_lines(std::string_view log) {
  if (log.size() > kShownLog) {
    const std::size_t line = log.find('\n', log.size() - kShownLog);
    log = log.substr(line == std::string_view::npos ? log.size() - kShownLog : line + 1);
  }
  std::string out;
  for (const char c : log) {
    if (c == '\n')
      out += out.empty() || out.ends_with(" | ") ? "" : " | ";
    else
      out.push_back(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
  }
  return out;
}

Error failure_of(const LocalRun& run) {
  std::string what = "it left no trace of its start; its files were removed";
  if (run.started) what = "it ended without an exit code: it was killed, or the machine was restarted";
  if (run.exit_code > 128)
    what = "it was ended by signal " + std::to_string(run.exit_code - 128);
  else if (run.exit_code > 0)
    what = "it ended with exit code " + std::to_string(run.exit_code);
  else if (run.exit_code == 0)
    what = "it ended well but wrote no output";
  const std::string log = last_lines(run.log_tail);
  Error error(Code::provider, "[vllm] the local run failed: " + what + (log.empty() ? "" : "; it said: " + log),
              "read the last lines it wrote, correct the command or the arguments, and retry");
  error.provider = "vllm";
  error.vendor_code = "local_run_failed";
  return error;
}

class VllmProgram : public LocalProgram {
 public:
  Result<std::vector<std::string>> command(const Account& account, const RemoteBatch& batch,
                                           const std::string& request_path,
                                           const std::string& output_path) const override;
  RemoteStatus read_run(const RemoteBatch& batch, const LocalRun& run) const override;
};

Result<std::vector<std::string>> VllmProgram::command(const Account& account, const RemoteBatch& batch,
                                                      const std::string& request_path,
                                                      const std::string& output_path) const {
  auto argv = words_of(account.setting("vllm_command"), "vllm_command");
  if (!argv) return argv;
  auto more = words_of(account.setting("additional_args"), "additional_args");
  if (!more) return more;
  const std::string model(account.setting("model").empty() ? std::string_view(batch.model) : account.setting("model"));
  if (argv->empty() || argv->front().empty())
    return Error(Code::config, "vllm.vllm_command: is empty", "give the program, such as vllm");
  if (model.empty())
    return Error(Code::config, "[vllm] the requests name no model, and vllm.model is not set", "set vllm.model");
  // `python -m vllm.entrypoints.openai.run_batch` is the same program without a subcommand.
  if (!argv->back().ends_with("run_batch")) argv->push_back("run-batch");
  argv->insert(argv->end(), {"-i", request_path, "-o", output_path, "--model", model});
  if (!batch.model.empty() && model != batch.model && !gives_option(*more, "--served-model-name"))
    argv->insert(argv->end(), {"--served-model-name", batch.model});
  argv->insert(argv->end(), more->begin(), more->end());
  return argv;
}

RemoteStatus VllmProgram::read_run(const RemoteBatch& batch, const LocalRun& run) const {
  RemoteStatus status;
  status.model = batch.model;
  if (run.running) {
    status.state = run.cancelled ? State::cancelling : State::in_progress;
    status.vendor_state = "running";
    read_progress(run.log_tail, &status);
  } else if (run.exit_code == 0 && run.has_output) {
    status.state = State::completed;
    status.vendor_state = "exited";
  } else if (run.cancelled && run.started) {
    status.state = State::cancelled;
    status.vendor_state = "cancelled";
  } else {
    status.state = State::failed;
    status.vendor_state = "failed";
    status.failure = failure_of(run);
  }
  JsonWriter json(&status.raw);
  json.begin_object().field("state", status.vendor_state).key("exit_code");
  if (run.exit_code < 0)
    json.null();
  else
    json.integer(run.exit_code);
  json.field("log", run.log_tail).end_object();
  return status;
}

}  // namespace

std::unique_ptr<Provider> make_vllm_provider() {
  OpenAiVendor vendor{"vllm", make_capability(), kProperties, {}, make_lines(), {}};
  return std::make_unique<Provider>(std::make_unique<OpenAiFamilyDialect>(std::move(vendor)),
                                    std::make_unique<VllmProgram>());
}

}  // namespace br
