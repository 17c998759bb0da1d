// Runs the folder tests/fixtures/providers/<name>/ of every registered provider:
//   requests.jsonl, requests.native.jsonl   unified requests and the exact native lines
//   refused.jsonl   {"request","field","message": fragment, "dropped"?: the native line without what is not supported}
//   rows.native.jsonl, rows.jsonl           native result rows and the unified results; null for an unreadable row
//   states.jsonl    {"answer","state","known"?,"date"?,"counts"?: {…} or null,"counts_unknown"?,"output"?,"errors"?,
//                    "no_more_files"?,"failure"?: fragment,"failure_code"?,"quota_wait"?,"model"?,"marker"?,
//                    "created_ms"?,…,"batch"?,"more"?: [answers]}
//   errors.jsonl    {"op","status","headers"?,"body"?,"failure"?,"code","transient","not_executed","retry_after_ms"?,
//                    "before"?: [answers],"batch"?}
//   calls.jsonl     {"op","batch"?,"settings"?,"exchanges":[{"send":{"method","url","body"?,…},"answer"}],"outcome"?}
//   downloads.jsonl {"batch"?,"settings"?,"urls":[…],"page"?: {"answer","lines":[…],"next"?: [urls]}}
//   account.json    {"<property>": "value"}; "@/x" is the file x of the folder
// Values are compared as JSON values.
#include "codec/request_reader.h"
#include "codec/result_line.h"
#include "core/engine/http_operation.h"
#include "support/cmocka.h"
#include "support/provider_setup.h"

namespace {

using br::Json;
using br::Provider;
using br::test::Report;
using Lines = std::vector<std::string>;

std::shared_ptr<const Json> parse(const std::string& text) {
  auto json = Json::parse(text);
  return json != nullptr ? json : Json::parse("{}");
}

class Folder {
 public:
  Folder(const Provider& provider, Report* report) : p_(provider), report_(report) {}

  void run();

 private:
  void wrong(std::string_view file, std::size_t line, const std::string& what) {
    report_->wrong(std::string(p_.name()) + "/" + std::string(file) + ":" + std::to_string(line + 1) + ": " + what);
  }
  // The lines of a file that has to be there.
  Lines lines(std::string_view file, bool required = true);
  void compare(std::string_view file, std::size_t line, const std::string& want, const std::string& have);

  bool encode(const std::string& text, std::size_t number, bool drop, std::string* out, br::Issue* issue,
              std::vector<std::string>* warnings);
  void requests();
  void refused();
  void rows();
  void states();
  void check_status(std::size_t line, const Json& want, const br::RemoteStatus& have);
  void errors();
  void calls();
  void check_send(std::size_t line, const Json& want, const br::HttpRequest& have);
  void check_outcome(std::size_t line, const Json& want, const br::Outcome& have);
  void downloads();
  br::Account account_with(const Json& settings) const;

  const Provider& p_;
  Report* report_;
  br::Account account_;
};

void Folder::run() {
  auto account = br::test::test_account(p_);
  if (!account) return wrong("account.json", 0, account.error().message);
  account_ = std::move(*account);
  requests();
  refused();
  rows();
  if (p_.http() == nullptr) return;
  states();
  errors();
  calls();
  downloads();
}

Lines Folder::lines(std::string_view file, bool required) {
  auto found = br::test::read_lines(br::test::folder_of(p_) + std::string(file));
  if (!found && required) wrong(file, 0, "the file is missing");
  return found.value_or(Lines{});
}

void Folder::compare(std::string_view file, std::size_t line, const std::string& want, const std::string& have) {
  const auto a = Json::parse(want), b = Json::parse(have);
  if (a == nullptr) return wrong(file, line, "the fixture is not JSON");
  if (b == nullptr) return wrong(file, line, "what came out is not JSON: " + have);
  std::string where;
  if (!br::test::same_json(*a, *b, &where)) wrong(file, line, where);
}

br::Account Folder::account_with(const Json& settings) const {
  br::Account account = account_;
  for (const auto& [name, value] : settings.fields()) {
    const std::string text = value.string_or(value.raw());
    if (name == "base_url") account.base_url = text;
    else if (name == "organization") account.organization = text;
    else if (name == "project") account.project = text;
    else {
      std::erase_if(account.settings, [&](const auto& setting) { return setting.first == name; });
      account.settings.emplace_back(name, text);
    }
  }
  return account;
}

// ---- requests ----

// As intake does it, wire ids included.
bool Folder::encode(const std::string& text, std::size_t number, bool drop, std::string* out, br::Issue* issue,
                    std::vector<std::string>* warnings) {
  br::test::PaddedLine line(text);
  br::RequestReader reader;
  br::Request request;
  if (!reader.read(line.data(), line.size(), &request, issue)) return false;
  const std::string wire = p_.dialect().wire_id(request.custom_id, number, "");
  const std::string wire_json = "\"" + wire + "\"";
  if (!wire.empty()) request.custom_id = wire, request.custom_id_json = wire_json;
  br::EncodeOptions options;
  options.drop_unsupported = drop;
  return p_.dialect().encode(request, options, out, issue, warnings);
}

void Folder::requests() {
  const Lines unified = lines("requests.jsonl"), native = lines("requests.native.jsonl");
  if (unified.empty() || unified.size() != native.size())
    return wrong("requests.jsonl", 0, std::to_string(unified.size()) + " requests, " + std::to_string(native.size()) +
                                          " native lines");
  for (std::size_t i = 0; i < unified.size(); ++i) {
    std::string out;
    br::Issue issue;
    std::vector<std::string> warnings;
    if (!encode(unified[i], i + 1, false, &out, &issue, &warnings)) {
      wrong("requests.jsonl", i, issue.message);
      continue;
    }
    if (out.empty() || out.find('\n') != out.size() - 1) wrong("requests.jsonl", i, "not exactly one line came out");
    if (!warnings.empty()) wrong("requests.jsonl", i, "a warning: " + warnings.front());
    compare("requests.native.jsonl", i, native[i], out);
  }
}

void Folder::refused() {
  const Lines all = lines("refused.jsonl");
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto test = parse(all[i]);
    std::string out;
    br::Issue issue;
    std::vector<std::string> warnings;
    if (encode(std::string((*test)["request"].raw()), i + 1, false, &out, &issue, &warnings)) {
      wrong("refused.jsonl", i, "it was taken: " + out);
      continue;
    }
    if (issue.field != (*test)["field"].string()) wrong("refused.jsonl", i, "the field is " + issue.field);
    if (issue.message.find((*test)["message"].string()) == std::string::npos) wrong("refused.jsonl", i, issue.message);
    if (issue.column == 0 || !out.empty()) wrong("refused.jsonl", i, "no column, or output of a refused request");
    if (!(*test)["dropped"].is_object()) continue;
    if (!encode(std::string((*test)["request"].raw()), i + 1, true, &out, &issue, &warnings))
      wrong("refused.jsonl", i, issue.message);
    else compare("refused.jsonl", i, std::string((*test)["dropped"].raw()), out);
    if (warnings.empty()) wrong("refused.jsonl", i, "dropped without a warning");
  }
}

// ---- results ----

void Folder::rows() {
  const Lines native = lines("rows.native.jsonl"), unified = lines("rows.jsonl");
  if (native.empty() || native.size() != unified.size())
    return wrong("rows.native.jsonl", 0, std::to_string(native.size()) + " rows, " + std::to_string(unified.size()) +
                                             " results");
  const auto reader = p_.dialect().row_reader();
  for (std::size_t i = 0; i < native.size(); ++i) {
    br::test::PaddedLine line(native[i]);
    br::Row row;
    const bool read = reader->read(line.data(), line.size(), &row);
    if (read != (unified[i] != "null")) {
      wrong("rows.native.jsonl", i, read ? "a damaged row was read" : "the row could not be read");
      continue;
    }
    if (!read) continue;
    std::string have;
    br::append_result_line(row, {}, &have);
    const std::string context = R"(,"provider":"","job_id":"","batch_id":"")";
    if (const auto at = have.find(context); at != std::string::npos) have.erase(at, context.size());
    compare("rows.jsonl", i, unified[i], have);
  }
}

// ---- answers ----

std::string_view code_name(br::Code code) {
  static constexpr std::pair<br::Code, std::string_view> kNames[] = {
      {br::Code::network, "network"},   {br::Code::auth, "auth"},         {br::Code::quota, "quota"},
      {br::Code::limit, "limit"},       {br::Code::provider, "provider"}, {br::Code::not_found, "not_found"},
      {br::Code::protocol, "protocol"}, {br::Code::io, "io"},             {br::Code::unsupported, "unsupported"}};
  for (const auto& [known, name] : kNames) {
    if (known == code) return name;
  }
  return "another code";
}

void Folder::check_status(std::size_t line, const Json& want, const br::RemoteStatus& have) {
  const auto differs = [&](const std::string& name, const std::string& value) {
    wrong("states.jsonl", line, name + " is " + value);
  };
  if (br::state_name(have.state) != want["state"].string()) differs("the state", br::state_name(have.state));
  if (have.state_known == (want["known"].raw() == "false")) differs("state_known", have.state_known ? "true" : "false");
  for (const auto& [name, file] :
       {std::pair<const char*, const br::RemoteFile&>{"output", have.output}, {"errors", have.errors}}) {
    if (want[name].is_string() && want[name].string() != (file.id.empty() ? file.url : file.id))
      differs(name, file.id + " " + file.url);
  }
  if (have.no_more_files != want["no_more_files"].boolean())
    differs("no_more_files", have.no_more_files ? "true" : "false");
  if (want["model"].is_string() && want["model"].string() != have.model) differs("the model", have.model);
  if (want["marker"].is_string() && want["marker"].string() != have.marker) differs("the marker", have.marker);
  if (want["created_ms"].integer().value_or(have.created_ms) != have.created_ms)
    differs("created_ms", std::to_string(have.created_ms));
  if (want["completed_ms"].integer().value_or(have.completed_ms) != have.completed_ms)
    differs("completed_ms", std::to_string(have.completed_ms));
  if (want["expires_ms"].integer().value_or(have.expires_ms) != have.expires_ms)
    differs("expires_ms", std::to_string(have.expires_ms));
  const std::string failure = have.failure ? have.failure->message : "";
  if (failure.find(want["failure"].string()) == std::string::npos) differs("the failure", failure);
  const std::string_view code = want["failure_code"].string();
  if (!code.empty() && (!have.failure || code_name(have.failure->code) != code)) differs("the failure's code", failure);
  if (have.quota_wait != want["quota_wait"].boolean()) differs("quota_wait", have.quota_wait ? "true" : "false");
  const Json& counts = want["counts"];
  if (counts.type() == Json::Type::null && have.counts_known) differs("counts_known", "true");
  if (!counts.is_object()) return;
  const br::Counts& c = have.counts;
  for (const auto& [name, value] : {std::pair<std::string, std::int64_t>{"total", c.total}, {"succeeded", c.succeeded},
                                    {"errored", c.errored}, {"processing", c.processing}, {"cancelled", c.cancelled},
                                    {"expired", c.expired}}) {
    if (counts[name].integer().value_or(0) != value) differs("counts." + name, std::to_string(value));
  }
  if (!have.counts_known && !want["counts_unknown"].boolean()) differs("counts_known", "false");
}

std::string id_in(const Json& answer) {
  for (const char* name : {"id", "name", "batch_id", "jobArn"}) {
    if (answer[name].is_string()) return answer[name].string_or("");
  }
  return "batch-1";
}

void Folder::states() {
  const Lines all = lines("states.jsonl");
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto test = parse(all[i]);
    br::RemoteBatch batch = br::test::test_batch(p_, (*test)["batch"]);
    if (!(*test)["batch"]["id"].is_string()) batch.status.id = id_in((*test)["answer"]);
    br::HttpResponse response;
    response.status = 200;
    response.body = (*test)["answer"].raw();
    if ((*test)["date"].is_string()) response.headers.emplace_back("date", (*test)["date"].string());
    const auto status = p_.http()->read_poll({account_, batch, br::test::kNow}, response);
    if (!status) wrong("states.jsonl", i, status.error().message);
    else check_status(i, *test, *status);
  }
}

void Folder::errors() {
  const Lines all = lines("errors.jsonl");
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto test = parse(all[i]);
    const auto op = br::test::op_of((*test)["op"].string());
    const br::RemoteBatch batch = br::test::test_batch(p_, (*test)["batch"]);
    const br::CallContext context{account_, batch, br::test::kNow};
    br::HttpOperation operation(*p_.http(), *op, {{}, 100, "file-1", {}});
    (void)operation.begin(context);  // only its answer counts here
    bool begun = true;
    for (const Json& before : (*test)["before"].items()) {
      auto next = operation.read(context, br::test::test_answer(before));
      begun = begun && next && *next;
      if (!begun) break;
    }
    const auto step = operation.read(context, br::test::test_answer(*test));
    if (!begun || step) {
      wrong("errors.jsonl", i, begun ? "it was taken for success" : "the exchanges before ended early");
      continue;
    }
    const br::Error& e = step.error();
    const Json& want = *test;
    if (code_name(e.code) != want["code"].string())
      wrong("errors.jsonl", i, "the code is " + std::string(code_name(e.code)));
    if (e.transient != want["transient"].boolean()) wrong("errors.jsonl", i, "transient differs");
    if (e.not_executed != want["not_executed"].boolean()) wrong("errors.jsonl", i, "not_executed differs");
    if (e.message.find(want["message"].string()) == std::string::npos) wrong("errors.jsonl", i, e.message);
    if (const auto wait = want["retry_after_ms"].integer(); wait && *wait != e.retry_after_ms)
      wrong("errors.jsonl", i, "retry_after_ms is " + std::to_string(e.retry_after_ms));
    if (want["request_id"].is_string() && want["request_id"].string() != e.request_id)
      wrong("errors.jsonl", i, "the request id is \"" + e.request_id + "\"");
  }
}

// ---- calls ----

void Folder::check_send(std::size_t line, const Json& want, const br::HttpRequest& have) {
  if (want["method"].is_string() && want["method"].string() != have.method) wrong("calls.jsonl", line, have.method);
  if (want["url"].is_string() && want["url"].string() != have.url) wrong("calls.jsonl", line, "the URL is " + have.url);
  if (want["body"].is_object() || want["body"].is_array()) compare("calls.jsonl", line, std::string(want["body"].raw()), have.body);
  if (want["body"].is_string() && want["body"].string() != have.body)
    wrong("calls.jsonl", line, "the body is " + have.body);
  for (const auto& [name, value] :
       {std::pair<const char*, const std::string&>{"body_path", have.body_path}, {"body_prefix", have.body_prefix},
        {"body_suffix", have.body_suffix}}) {
    if (want[name].is_string() && want[name].string() != value)
      wrong("calls.jsonl", line, std::string(name) + " is " + value);
  }
  if (want["join_lines"].boolean() && !have.join_lines) wrong("calls.jsonl", line, "the lines are not joined");
  for (const auto& [name, value] : want["headers"].fields()) {
    const auto found = std::find_if(have.headers.begin(), have.headers.end(),
                                    [&name = name](const br::Header& header) { return header.name == name; });
    if (found == have.headers.end() || found->value != value.string())
      wrong("calls.jsonl", line,
            "the header " + std::string(name) + " is " + (found == have.headers.end() ? "missing" : found->value));
  }
  for (const auto& [name, value] : want["form"].fields()) {
    const auto found = std::find_if(have.form.begin(), have.form.end(),
                                    [&name = name](const br::FormPart& part) { return part.name == name; });
    if (found == have.form.end() || found->value + found->filename != value.string())
      wrong("calls.jsonl", line, "the form field " + std::string(name) + " differs");
  }
}

void Folder::check_outcome(std::size_t line, const Json& want, const br::Outcome& have) {
  const auto text = [&](const char* name, const std::string& value) {
    if (want[name].is_string() && want[name].string() != value)
      wrong("calls.jsonl", line, std::string(name) + " is " + value);
  };
  text("input_file_id", have.input_file_id);
  text("next_page", have.next_page);
  text("id", have.status ? have.status->id : "");
  text("state", have.status ? br::state_name(have.status->state) : "");
  if (want["already_ended"].boolean() != have.already_ended) wrong("calls.jsonl", line, "already_ended differs");
  if (!want["listed"].is_array()) return;
  std::string ids, wanted;
  for (const auto& status : have.listed) ids += status.id + " ";
  for (const Json& id : want["listed"].items()) wanted += id.string_or("") + " ";
  if (ids != wanted) wrong("calls.jsonl", line, "listed are " + ids);
}

void Folder::calls() {
  const Lines all = lines("calls.jsonl", false);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto test = parse(all[i]);
    const auto op = br::test::op_of((*test)["op"].string());
    const br::Account account = account_with((*test)["settings"]);
    const br::RemoteBatch batch = br::test::test_batch(p_, (*test)["batch"]);
    br::OperationInput input{(*test)["page"].string_or(""), 100, (*test)["file_id"].string_or("file-1"), {}};
    if (p_.http()->wants_lines(account, batch)) input.lines = (*test)["lines"].string_or("");
    const br::CallContext context{account, batch, br::test::kNow};
    br::HttpOperation operation(*p_.http(), *op, std::move(input));
    auto request = operation.begin(context);
    std::size_t answered = 0;
    for (const Json& exchange : (*test)["exchanges"].items()) {
      if (!request || !*request) break;
      check_send(i, exchange["send"], **request);
      request = operation.read(context, br::test::test_answer(exchange["answer"]));
      ++answered;
    }
    if (!request) wrong("calls.jsonl", i, request.error().message);
    else if (*request) wrong("calls.jsonl", i, "one more exchange than expected: " + (*request)->url);
    else if (answered != (*test)["exchanges"].items().size())
      wrong("calls.jsonl", i, "it ended after " + std::to_string(answered) + " exchanges");
    else check_outcome(i, (*test)["outcome"], operation.outcome());
  }
}

void Folder::downloads() {
  const Lines all = lines("downloads.jsonl", false);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto test = parse(all[i]);
    const br::Account account = account_with((*test)["settings"]);
    const br::RemoteBatch batch = br::test::test_batch(p_, (*test)["batch"]);
    const auto have = p_.http()->downloads(account, batch);
    const auto& urls = (*test)["urls"].items();
    if (have.size() != urls.size()) wrong("downloads.jsonl", i, std::to_string(have.size()) + " downloads");
    for (std::size_t k = 0; k < std::min(have.size(), urls.size()); ++k) {
      if (have[k].request.url != urls[k].string()) wrong("downloads.jsonl", i, "the URL is " + have[k].request.url);
      if (have[k].page != (*test)["page"].is_object()) wrong("downloads.jsonl", i, "page differs");
    }
    if (!(*test)["page"].is_object()) continue;
    const auto page = p_.http()->read_page(account, batch, br::test::test_answer((*test)["page"]["answer"]));
    if (!page) {
      wrong("downloads.jsonl", i, page.error().message);
      continue;
    }
    std::string array = "[" + page->lines;
    std::replace(array.begin(), array.end(), '\n', ',');
    if (array.back() == ',') array.pop_back();
    compare("downloads.jsonl", i, std::string((*test)["page"]["lines"].raw()), array + "]");
    if (!(*test)["page"]["next"].is_array()) continue;
    std::string next, wanted;
    for (const br::Download& download : page->next) next += download.request.url + " ";
    for (const Json& url : (*test)["page"]["next"].items()) wanted += url.string_or("") + " ";
    if (next != wanted) wrong("downloads.jsonl", i, "the page goes on with " + next);
  }
}

void every_provider_has_a_folder_and_does_what_it_says(void**) {
  br::test::forget_environment();
  Report report;
  for (const Provider* provider : br::all_providers()) Folder(*provider, &report).run();
  assert_true(report.good());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(every_provider_has_a_folder_and_does_what_it_says)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
