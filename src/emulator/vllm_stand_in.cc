// batchrouter-vllm-stand-in: answers `run-batch -i IN -o OUT --model M` as vLLM does, without a model. It echoes the
// last user message. Like vLLM it writes nothing before all is done, and a line of a wrong shape ends the whole run.
//
// Beside vLLM's arguments, which it reads over, it takes:
//   --stand-in-wait FILE     goes on only once the file exists
//   --stand-in-crash CODE    ends with that exit code when half is done
//   --stand-in-no-output     ends well without an output file
//   --stand-in-stubborn      ignores SIGINT and SIGTERM
//   --stand-in-count FILE    appends a line to the file for each run
//   --stand-in-show VAR      says on stderr whether the environment variable is set
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/base/json.h"

namespace br::emulator {
namespace {

struct Options {
  std::string input, output, model, served_model, wait_for, count_in, show;
  int crash = -1;
  bool no_output = false, stubborn = false;
};

// false: it cannot be run so.
bool read_options(const std::vector<std::string>& args, Options* options) {
  if (args.empty() || args[0] != "run-batch") return false;
  std::string crash;
  const std::pair<std::string_view, std::string*> known[] = {
      {"-i", &options->input},
      {"--input-file", &options->input},
      {"-o", &options->output},
      {"--output-file", &options->output},
      {"--model", &options->model},
      {"--served-model-name", &options->served_model},
      {"--stand-in-wait", &options->wait_for},
      {"--stand-in-crash", &crash},
      {"--stand-in-count", &options->count_in},
      {"--stand-in-show", &options->show},
  };
  for (std::size_t i = 1; i < args.size(); ++i) {
    options->no_output = options->no_output || args[i] == "--stand-in-no-output";
    options->stubborn = options->stubborn || args[i] == "--stand-in-stubborn";
    for (const auto& [name, value] : known) {
      if (args[i] == name && i + 1 < args.size()) *value = args[++i];
    }
  }
  if (!crash.empty()) options->crash = std::atoi(crash.c_str());
  if (options->served_model.empty()) options->served_model = options->model;
  return !options->input.empty() && !options->output.empty() && !options->model.empty();
}

// What the last user message says, as vLLM's chat template would end with.
std::string last_user_text(const json::Value& body) {
  std::string text;
  const json::Value* messages = json::member(body, "messages");
  if (messages == nullptr || !messages->IsArray()) return text;
  for (const json::Value& message : messages->GetArray()) {
    const json::Value* content = json::member(message, "content");
    if (json::string_member(message, "role") != "user" || content == nullptr) continue;
    text.clear();
    if (content->IsString()) text = json::view(*content);
    if (!content->IsArray()) continue;
    for (const json::Value& part : content->GetArray()) text += json::string_member(part, "text");
  }
  return text;
}

int64_t count_words(std::string_view text) {
  int64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    if (!blank && !inside) ++words;
    inside = !blank;
  }
  return words;
}

class Run {
 public:
  explicit Run(Options options) : options_(std::move(options)) {}
  int run();

 private:
  bool read_lines();
  void answer(const json::Value& line);
  void chat(const json::Value& body);
  void embeddings(const json::Value& body);
  void usage(int64_t input, int64_t output);
  void begin_row(const json::Value& line, int status);
  void refuse(const json::Value& line, int status, const std::string& message, const char* type);
  void progress(std::size_t done) const;

  Options options_;
  std::vector<std::string> lines_;
  json::Writer out_;
  std::string rows_;
  std::size_t number_ = 0;
};

bool Run::read_lines() {
  std::ifstream in(options_.input);
  if (!in) {
    std::cerr << "FileNotFoundError: [Errno 2] No such file or directory: '" << options_.input << "'\n";
    return false;
  }
  for (std::string line; std::getline(in, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) lines_.push_back(std::move(line));
  }
  return true;
}

void Run::begin_row(const json::Value& line, int status) {
  const std::string number = std::to_string(number_);
  out_.clear();
  out_.begin_object().field("id", "vllm-" + number).field("custom_id", json::string_member(line, "custom_id"));
  out_.key("response").begin_object().field("status_code", int64_t{status}).field("request_id", "vllm-batch-" + number);
  out_.key("body");
}

void Run::refuse(const json::Value& line, int status, const std::string& message, const char* type) {
  begin_row(line, status);
  out_.null().end_object().key("error");
  out_.begin_object().key("error").begin_object().field("message", message).field("type", type);
  out_.null_field("param").field("code", int64_t{status}).end_object().end_object().end_object();
}

void Run::usage(int64_t input, int64_t output) {
  out_.key("usage").begin_object().field("prompt_tokens", input).field("completion_tokens", output);
  out_.field("total_tokens", input + output).end_object();
}

void Run::chat(const json::Value& body) {
  const std::string said = last_user_text(body);
  const std::string reply = "echo: " + said;
  out_.begin_object().field("id", "chatcmpl-" + std::to_string(number_)).field("object", "chat.completion");
  out_.field("created", int64_t{1711652795}).field("model", options_.served_model).key("choices").begin_array();
  out_.begin_object().field("index", int64_t{0}).key("message").begin_object().field("role", "assistant");
  out_.field("content", reply).end_object().null_field("logprobs").field("finish_reason", "stop");
  out_.null_field("stop_reason").end_object().end_array();
  usage(count_words(said), count_words(reply));
  out_.end_object();
}

void Run::embeddings(const json::Value& body) {
  const json::Value* input = json::member(body, "input");
  const std::size_t count = input != nullptr && input->IsArray() ? input->Size() : 1;
  out_.begin_object().field("id", "embd-" + std::to_string(number_)).field("object", "list");
  out_.field("model", options_.served_model).key("data").begin_array();
  for (std::size_t i = 0; i < count; ++i) {
    out_.begin_object().field("object", "embedding").field("index", static_cast<int64_t>(i)).key("embedding");
    out_.begin_array().real(0.5).real(-0.25).end_array().end_object();
  }
  out_.end_array();
  usage(static_cast<int64_t>(count), 0);
  out_.end_object();
}

void Run::answer(const json::Value& line) {
  const json::Value& body = *json::member(line, "body");
  const std::string_view url = json::string_member(line, "url");
  const std::string_view model = json::string_member(body, "model");
  const json::Value* stream = json::member(body, "stream");
  ++number_;
  if (url != "/v1/chat/completions" && url != "/v1/embeddings") {
    begin_row(line, 400);
    out_.null().end_object().field(
        "error", "URL " + std::string(url) + " was used. Supported endpoints: /v1/chat/completions, /v1/embeddings");
    out_.end_object();
  } else if (model != options_.served_model) {
    refuse(line, 404, "The model `" + std::string(model) + "` does not exist.", "NotFoundError");
  } else if (stream != nullptr && stream->IsTrue()) {
    refuse(line, 400, "Streaming is not supported in batch mode.", "BadRequestError");
  } else {
    begin_row(line, 200);
    if (url == "/v1/embeddings")
      embeddings(body);
    else
      chat(body);
    out_.end_object().null_field("error").end_object();
  }
  rows_.append(out_.view()).push_back('\n');
}

void Run::progress(std::size_t done) const {
  const std::size_t all = lines_.size();
  std::cerr << "\rRunning batch: " << (all == 0 ? 100 : done * 100 / all) << "% Completed | " << done << "/" << all
            << " [00:00<00:00]" << std::flush;
}

bool has_shape(const json::Value& line) {
  const json::Value* body = json::member(line, "body");
  return body != nullptr && body->IsObject() && !json::string_member(line, "custom_id").empty() &&
         !json::string_member(line, "method").empty() && !json::string_member(line, "url").empty();
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

int Run::run() {
  if (!options_.count_in.empty()) std::ofstream(options_.count_in, std::ios::app) << options_.output << "\n";
  if (!options_.show.empty())
    std::cerr << options_.show << (std::getenv(options_.show.c_str()) == nullptr ? " is not set\n" : " is set\n");
  if (options_.stubborn) std::signal(SIGINT, SIG_IGN), std::signal(SIGTERM, SIG_IGN);
  std::cerr << "INFO loading " << options_.model << "\n";
  if (!read_lines()) return 1;
  const std::size_t half = lines_.size() / 2;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    json::Document line;
    if (!json::parse(lines_[i], line) || !has_shape(line)) {
      std::cerr << "\npydantic_core.ValidationError: 1 validation error for BatchRequestInput, line " << i + 1 << "\n";
      return 1;
    }
    if (i == half) {
      progress(i);
      while (!options_.wait_for.empty() && !exists(options_.wait_for)) {
        const timespec pause{0, 2'000'000};
        nanosleep(&pause, nullptr);
      }
      if (options_.crash >= 0) {
        std::cerr << "\nRuntimeError: Engine core initialization failed\n";
        return options_.crash;
      }
    }
    answer(line);
  }
  progress(lines_.size());
  std::cerr << "\n";
  if (options_.no_output) return 0;
  std::ofstream out(options_.output, std::ios::binary | std::ios::trunc);
  out << rows_;
  return out.flush() ? 0 : 1;
}

}  // namespace
}  // namespace br::emulator

int main(int argc, char** argv) {
  br::emulator::Options options;
  if (!br::emulator::read_options({argv + 1, argv + argc}, &options)) {
    std::cerr << "usage: batchrouter-vllm-stand-in run-batch -i IN -o OUT --model MODEL [vLLM's arguments]\n";
    return 2;
  }
  return br::emulator::Run(std::move(options)).run();
}
