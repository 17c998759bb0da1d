// What every provider promises, whatever its vendor is: keys stay where they belong, the paid call is marked, odd
// answers become errors, odd rows are refused.
#include <functional>

#include "codec/request_reader.h"
#include "core/engine/http_operation.h"
#include "net/url.h"
#include "support/cmocka.h"
#include "support/provider_setup.h"

namespace {

using br::HttpRequest;
using br::HttpResponse;
using br::Op;
using br::Provider;

constexpr Op kOps[] = {Op::upload, Op::create, Op::poll, Op::cancel, Op::list, Op::delete_file};
constexpr const char* kOpNames[] = {"upload", "create", "poll", "cancel", "list", "delete_file"};
constexpr const char* kLines = "{\"custom_id\":\"a\"}\n";
constexpr int kMaxExchanges = 20;

struct Subject {
  const Provider& provider;
  br::Account account;
  br::RemoteBatch batch;
  br::test::Report* report;

  void wrong(Op op, const std::string& what) const {
    report->wrong(std::string(provider.name()) + " " + kOpNames[static_cast<int>(op)] + ": " + what);
  }
  const br::HttpApi& api() const { return *provider.http(); }
  br::CallContext context() const { return {account, batch, br::test::kNow}; }
  br::HttpOperation operation(Op op) const {
    const bool inlined = op == Op::create && api().wants_lines(account, batch);
    return {api(), op, {{}, 100, "file-1", inlined ? kLines : ""}};
  }
};

// Calls fn for every provider that speaks HTTP.
bool for_each(const std::function<void(const Subject&)>& fn) {
  br::test::forget_environment();
  br::test::Report report;
  for (const Provider* provider : br::all_providers()) {
    if (provider->http() == nullptr) continue;
    auto account = br::test::test_account(*provider);
    if (!account) {
      report.wrong(std::string(provider->name()) + ": " + account.error().message);
      continue;
    }
    const auto none = br::Json::parse("{}");
    br::RemoteBatch batch = br::test::test_batch(*provider, *none);
    batch.status.output.id = "file-out";
    batch.status.errors.id = "file-err";
    fn({*provider, *account, batch, &report});
  }
  return report.good();
}

// Runs an operation with the same answer to every exchange; `sent` sees each request. What a vendor asks for before the
// paid call is answered as it hopes for.
br::Result<void> drive(const Subject& s, Op op, const HttpResponse& answer,
                       const std::function<void(const HttpRequest&)>& sent) {
  br::HttpOperation operation = s.operation(op);
  auto request = operation.begin(s.context());
  HttpResponse ready;
  ready.status = 200;
  ready.body = R"({"id":"file-in-1","status":"processed"})";
  for (int exchange = 1; request && *request && exchange < kMaxExchanges; ++exchange) {
    if (sent) sent(**request);
    const bool before = op == Op::create && (*request)->method == "GET";
    request = operation.read(s.context(), before ? ready : answer);
  }
  if (!request) return std::move(request.error());
  return {};
}

// Whether the vendor needs no call for the operation.
bool needs_no_call(const Subject& s, Op op) {
  const auto request = s.operation(op).begin(s.context());
  return request && !*request;
}

bool holds_secret(const Subject& s, std::string_view text) {
  return text.find(br::test::kKey) != std::string_view::npos ||
         (!s.account.token.empty() && text.find(s.account.token) != std::string_view::npos);
}

void check_request(const Subject& s, Op op, HttpRequest request) {
  if (auto own = br::guard_destination(s.account.own_urls(), &request); !own || !*own)
    return s.wrong(op, "it goes to a foreign address: " + request.url);
  if (auto done = s.api().sign(s.account, br::test::kNow, &request); !done) return s.wrong(op, done.error().message);
  std::string open = request.url + request.body + request.body_prefix + request.body_suffix + request.body_path;
  bool secret = false;
  for (const br::Header& header : request.headers) {
    if (!header.secret) open += header.name + header.value;
    if (header.value.find_first_of("\r\n") != std::string::npos) s.wrong(op, "a header holds a line break");
    secret = secret || header.secret;
  }
  for (const br::FormPart& part : request.form) open += part.name + part.value + part.filename;
  if (holds_secret(s, open)) s.wrong(op, "the key is outside of secret headers");
  if (!secret && s.provider.capability().needs_key) s.wrong(op, "no secret header, so no key");
}

void every_request_goes_home_with_its_key_in_secret_headers(void**) {
  assert_true(for_each([](const Subject& s) {
    for (const Op op : kOps) {
      HttpResponse answer;
      answer.status = 400;
      (void)drive(s, op, answer, [&](const HttpRequest& request) { check_request(s, op, request); });
    }
    for (const br::Download& download : s.api().downloads(s.account, s.batch))
      check_request(s, Op::poll, download.request);
  }));
}

// The transport sends every call but GET and HEAD on a connection of its own, so that none is ever sent twice.
void what_creates_is_no_get_and_what_asks_is_one(void**) {
  assert_true(for_each([](const Subject& s) {
    for (const Op op : kOps) {
      int changing = 0;
      HttpResponse answer;
      answer.status = 500;
      (void)drive(s, op, answer, [&](const HttpRequest& request) { changing += request.method == "GET" ? 0 : 1; });
      if (op == Op::create && changing != 1) s.wrong(op, "creating is not exactly one call that is no GET");
      if ((op == Op::poll || op == Op::list) && changing != 0) s.wrong(op, "a question is no GET");
    }
  }));
}

constexpr const char* kOddBodies[] = {
    "", " ", "null", "true", "17", "\"text\"", "{", "[", "[]", "{}", "[{}]", "[null]", "<html><body>502</body></html>",
    "{\"id\":null}", "{\"id\":7,\"status\":{}}", "{\"id\":\"\"}", "{\"data\":null}", "{\"data\":[null,1,\"x\",[]]}",
    "{\"name\":[],\"metadata\":\"x\",\"done\":\"maybe\"}", "{\"file\":null}", "{\"file\":{\"name\":null}}",
    "{\"error\":null}", "{\"error\":[]}", "{\"error\":{\"code\":[],\"message\":{},\"status\":7,\"details\":\"x\"}}",
    "\xff\xfe"};

void odd_answers_become_errors(void**) {
  assert_true(for_each([](const Subject& s) {
    const std::string deep(2000, '[');
    for (const Op op : kOps) {
      for (const int status : {200, 204, 302, 400, 401, 403, 404, 408, 409, 413, 418, 429, 500, 502, 503, 529}) {
        for (const char* body : kOddBodies) {
          HttpResponse answer;
          answer.status = status;
          answer.body = body;
          const auto step = drive(s, op, answer, nullptr);
          // An empty list, an empty answer to a cancel and a gone file are all right with some vendor.
          const bool lenient = op == Op::list || op == Op::cancel || op == Op::delete_file;
          if (step && !needs_no_call(s, op) && !(lenient && status < 500))
            s.wrong(op, "taken for success: " + std::to_string(status) + " " + body);
          if (!step && step.error().message.empty()) s.wrong(op, "an error without a message");
          if (!step && (step.error().message.find('\n') != std::string::npos || holds_secret(s, step.error().message)))
            s.wrong(op, "a message of several lines, or with a key");
        }
        HttpResponse answer;
        answer.status = status;
        answer.body = deep;
        (void)drive(s, op, answer, nullptr);
      }
    }
  }));
}

void a_create_call_without_a_clear_answer_is_not_taken_for_refused(void**) {
  assert_true(for_each([](const Subject& s) {
    for (const int status : {200, 408, 500, 502, 503, 504}) {
      HttpResponse answer;
      answer.status = status;
      answer.body = "<html>";
      const auto step = drive(s, Op::create, answer, nullptr);
      if (step || step.error().not_executed) s.wrong(Op::create, std::to_string(status) + " is taken for a refusal");
    }
    HttpResponse broken;
    broken.failure = br::Failure::broken;
    broken.failure_text = "the connection broke";
    const auto lost = drive(s, Op::create, broken, nullptr);
    if (lost || lost.error().not_executed) s.wrong(Op::create, "a broken connection is taken for a refusal");
    broken.failure = br::Failure::not_connected;
    const auto never = drive(s, Op::create, broken, nullptr);
    if (never || !never.error().not_executed) s.wrong(Op::create, "a refused connection is not");
  }));
}

void refused_keys_are_errors_of_authentication(void**) {
  assert_true(for_each([](const Subject& s) {
    for (const Op op : {Op::create, Op::poll, Op::list}) {
      HttpResponse answer;
      answer.status = 401;
      answer.body = R"({"error":{"message":"no such key"}})";
      const auto step = drive(s, op, answer, nullptr);
      if (step || step.error().code != br::Code::auth || step.error().transient)
        s.wrong(op, "401 is not an error of the key");
    }
  }));
}

void odd_rows_are_refused(void**) {
  br::test::Report report;
  for (const Provider* provider : br::all_providers()) {
    const auto reader = provider->dialect().row_reader();
    for (const char* body : kOddBodies) {
      br::test::PaddedLine line(body);
      br::Row row;
      if (reader->read(line.data(), line.size(), &row))
        report.wrong(std::string(provider->name()) + ": it read the row " + body);
    }
    br::test::PaddedLine deep(std::string(5000, '{'));
    br::Row row;
    if (reader->read(deep.data(), deep.size(), &row))
      report.wrong(std::string(provider->name()) + ": it read 5000 braces");
  }
  assert_true(report.good());
}

// The form of an embedding is the model's own on Bedrock.
std::string plain_request(const Provider& provider, br::Endpoint endpoint) {
  const bool own_form = provider.name() == "bedrock" && endpoint == br::Endpoint::embeddings;
  const std::string model = own_form ? "amazon.titan-embed-text-v2:0" : "model-1";
  const std::string head = R"({"custom_id":"r-1","model":")" + model + "\",";
  if (endpoint == br::Endpoint::embeddings) return head + R"("endpoint":"embeddings","input":"hello"})";
  if (endpoint == br::Endpoint::responses)
    return head + R"("endpoint":"responses","messages":[{"role":"user","content":"hi"}]})";
  return head + R"("messages":[{"role":"user","content":"hi"}]})";
}

void a_plain_request_is_taken_on_every_endpoint_it_lists(void**) {
  br::test::Report report;
  for (const Provider* provider : br::all_providers()) {
    for (const br::Endpoint endpoint : provider->capability().endpoints) {
      if (endpoint == br::Endpoint::completions || endpoint == br::Endpoint::moderations) continue;
      br::test::PaddedLine line(plain_request(*provider, endpoint));
      br::RequestReader reader;
      br::Request request;
      br::Issue issue;
      std::string out;
      assert_true(reader.read(line.data(), line.size(), &request, &issue));
      if (!provider->dialect().encode(request, {}, &out, &issue, nullptr))
        report.wrong(std::string(provider->name()) + ": " + issue.message);
      else if (out.empty() || out.find('\n') != out.size() - 1 || br::Json::parse(out) == nullptr)
        report.wrong(std::string(provider->name()) + ": not one line of JSON: " + out);
    }
  }
  assert_true(report.good());
}

void the_table_of_each_provider_is_complete(void**) {
  br::test::Report report;
  for (const Provider* provider : br::all_providers()) {
    const std::string name(provider->name());
    const br::Capability& c = provider->capability();
    if (*c.title == '\0' || !std::string_view(c.docs).starts_with("https://"))
      report.wrong(name + ": no title or docs");
    if (c.endpoints.empty()) report.wrong(name + ": no endpoints");
    if (!c.file_mode && !c.inline_mode) report.wrong(name + ": neither file nor inline");
    for (const br::Property& property : provider->properties()) {
      if (*property.doc == '\0' || property.default_value == nullptr)
        report.wrong(name + "." + property.name + ": no doc");
      if (property.secret && *property.default_value != '\0')
        report.wrong(name + "." + property.name + ": a secret default");
    }
    if (c.needs_key && br::find_property(name + ".api_key") == nullptr) report.wrong(name + ": no api_key");
    if (provider->http() != nullptr && br::find_property(name + ".base_url") == nullptr) report.wrong(name + ": no base_url");
    if (br::find_provider(name) != provider) report.wrong(name + ": not found by its name");
  }
  assert_true(report.good());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_request_goes_home_with_its_key_in_secret_headers),
      cmocka_unit_test(what_creates_is_no_get_and_what_asks_is_one),
      cmocka_unit_test(odd_answers_become_errors),
      cmocka_unit_test(a_create_call_without_a_clear_answer_is_not_taken_for_refused),
      cmocka_unit_test(refused_keys_are_errors_of_authentication),
      cmocka_unit_test(odd_rows_are_refused),
      cmocka_unit_test(a_plain_request_is_taken_on_every_endpoint_it_lists),
      cmocka_unit_test(the_table_of_each_provider_is_complete),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
