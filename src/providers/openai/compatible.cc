// Any server that copied OpenAI's files and batches calls: configuration instead of code.
#include <array>
#include <charconv>

#include "providers/openai/family.h"

namespace br {
namespace {

constexpr std::array<Property, 18> kProperties = {{
    {"api_key", "", "OPENAI_COMPATIBLE_API_KEY", true, "The API key, where the server asks for one."},
    {"base_url", "", "OPENAI_COMPATIBLE_BASE_URL", false, "The address that the paths below follow, …/v1."},
    {"auth", "bearer", nullptr, false, "How the key is sent: bearer, api-key or none."},
    {"files_path", "/files", nullptr, false, "The path of files."},
    {"upload_path", "", nullptr, false, "The path of uploads; empty: that of files."},
    {"batches_path", "/batches", nullptr, false, "The path of batches."},
    {"purpose", "batch", nullptr, false, "The purpose of an uploaded file; none: it is not sent."},
    {"line_style", "full", nullptr, false, "full: lines with method and url. body: custom_id and body only."},
    {"line_endpoint", "", nullptr, false, "The address in the lines; empty: /v1/chat/completions and the like."},
    {"endpoint", "", nullptr, false, "The endpoint of the create call; empty: the address in the lines."},
    {"completion_window", "24h", nullptr, false, "The window the server is asked for; none: it is not sent."},
    {"metadata", "on", nullptr, false, "on or off: whether create calls carry metadata."},
    {"list_style", "after", nullptr, false, "How lists go on: after, cursor, page or whole."},
    {"max_tokens_field", "max_tokens", nullptr, false, "What max_tokens is called in a chat body."},
    {"max_requests", "50000", nullptr, false, "Requests in one batch; 0: no limit."},
    {"max_bytes", "100000000", nullptr, false, "Bytes in one request file; 0: no limit."},
    {"input_expires_after_s", "", nullptr, false, "Seconds after which the server deletes the request file."},
    {"output_expires_after_s", "", nullptr, false, "Seconds after which the server deletes the result files."},
}};

// The words of servers that are known to have some of their own.
constexpr std::array<StateWord, 5> kWords = {{
    {"progress", State::in_progress},
    {"running", State::in_progress},
    {"pending", State::validating},
    {"queued", State::validating},
    {"success", State::completed},
}};

OpenAiVendor vendor() {
  OpenAiVendor v;
  v.name = "openai-compatible";
  v.properties = kProperties;
  Capability& c = v.capability;
  c.title = "OpenAI-compatible";
  c.docs = "https://platform.openai.com/docs/api-reference/batch";
  c.max_requests = 50'000;
  c.max_bytes = 100'000'000;
  c.needs_key = false;
  c.discount_percent = 0;
  c.marker = Marker::input_file;
  c.set_paths({{usual_path(Endpoint::chat), Endpoint::chat}, {usual_path(Endpoint::responses), Endpoint::responses},
               {usual_path(Endpoint::embeddings), Endpoint::embeddings},
               {usual_path(Endpoint::completions), Endpoint::completions},
               {usual_path(Endpoint::moderations), Endpoint::moderations}, {"/"}});
  v.calls.words = kWords;
  v.lines.vendor = "openai-compatible";
  v.lines.provider = "";
  v.lines.max_tokens = "max_tokens";
  v.lines.top_k = true;
  v.lines.max_stops = 0;
  v.lines.audio = AudioForm::data_or_url;
  v.lines.own_format = "*";
  return v;
}

bool is_off(std::string_view text) {
  return text == "off" || text == "none" || text == "no" || text == "false" || text == "0";
}

std::int64_t number_or(std::string_view text, std::int64_t fallback) {
  std::int64_t value = fallback;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value < 0 ? fallback : value;
}

Listing listing_of(std::string_view word) {
  if (word == "cursor") return Listing::cursor;
  if (word == "page") return Listing::page;
  return word == "whole" ? Listing::whole : Listing::after;
}

Auth auth_of(std::string_view word) {
  if (word == "api-key" || word == "api_key") return Auth::api_key;
  return is_off(word) ? Auth::none : Auth::bearer;
}

class CompatibleDialect : public OpenAiFamilyDialect {
 public:
  using OpenAiFamilyDialect::OpenAiFamilyDialect;

  Capability limits(const Account& settings) const override {
    Capability c = v_.capability;
    c.max_requests = number_or(settings.setting("max_requests"), c.max_requests);
    c.max_bytes = number_or(settings.setting("max_bytes"), c.max_bytes);
    return c;
  }

  bool encode(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
              std::vector<std::string>* warnings) const override {
    OpenAiLines lines = v_.lines;
    if (options.account != nullptr) {
      lines.body_only_lines = options.account->setting("line_style") == "body";
      lines.line_url = options.account->setting("line_endpoint");
      const auto max_tokens = options.account->setting("max_tokens_field");
      if (!max_tokens.empty()) lines.max_tokens = max_tokens;
    }
    return encode_openai_line(lines, request, options, out, issue, warnings);
  }
};

class CompatibleHttpApi : public OpenAiHttpApi {
 public:
  using OpenAiHttpApi::OpenAiHttpApi;

 protected:
  OpenAiCalls calls_of(const Account& account) const override {
    OpenAiCalls calls = calls_;
    const auto set = [&account](std::string_view name, std::string_view* field) {
      if (const auto value = account.setting(name); !value.empty()) *field = value;
    };
    set("files_path", &calls.files_path);
    calls.upload_path = calls.files_path;
    set("upload_path", &calls.upload_path);
    set("batches_path", &calls.batches_path);
    set("purpose", &calls.purpose);
    set("line_endpoint", &calls.create_endpoint);
    set("endpoint", &calls.create_endpoint);
    if (is_off(calls.purpose)) calls.purpose = {};
    calls.auth = auth_of(account.setting("auth"));
    calls.listing = listing_of(account.setting("list_style"));
    calls.metadata = !is_off(account.setting("metadata"));
    const auto window = account.setting("completion_window");
    calls.completion_window = !window.empty() && !is_off(window);
    return calls;
  }
};

}  // namespace

std::unique_ptr<Provider> make_openai_compatible_provider() {
  return make_openai_family_provider<CompatibleDialect, CompatibleHttpApi>(vendor());
}

}  // namespace br
