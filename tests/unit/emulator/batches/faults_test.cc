#include "emulator/batches/faults.h"

#include <string>

#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

RequestHead head_of(const char* method, const char* target) {
  RequestHead head;
  head.method = method;
  parse_target(target, head);
  return head;
}

bool hit(FaultScript& script, const char* method, const char* target) {
  return script.on_request(head_of(method, target), [] { return int64_t{0}; }).any();
}

void parse_json_in_either_quotes_keeps_every_byte(void**) {
  const char* const cases[] = {
      R"(GET /v1/batches status body="{\"error\":{\"message\":\"a \\\\ b\"}}" status=400)",
      R"(GET /v1/batches status body='{"error":{"message":"a \\ b"}}' status=400)",
  };
  for (const char* const text : cases) {
    Fault fault;
    std::string error;
    assert_true(Fault::parse(text, fault, error));
    assert_string_equal(fault.values["body"].c_str(), R"({"error":{"message":"a \\ b"}})");
    assert_string_equal(fault.values["status"].c_str(), "400");
  }
  Fault fault;
  std::string error;
  assert_true(Fault::parse("batch late ms=5   # for a moment", fault, error));
  assert_string_equal(fault.values["ms"].c_str(), "5");
  assert_true(Fault::parse(R"(batch fail message="it's full" code=)", fault, error));
  assert_string_equal(fault.values["message"].c_str(), "it's full");
  assert_string_equal(fault.values["code"].c_str(), "");
}

void parse_full_line_takes_everything(void**) {
  Fault fault;
  std::string error;
  const char* const text = "POST /v1/batches status nth=2 count=3 status=429 message=\"two words\"";
  assert_true(Fault::parse(text, fault, error));
  assert_string_equal(fault.route.c_str(), "POST /v1/batches");
  assert_string_equal(fault.kind.c_str(), "status");
  assert_int_equal(fault.nth, 2);
  assert_int_equal(fault.count, 3);
  assert_string_equal(fault.values["message"].c_str(), "two words");
}

void parse_wrong_lines_say_what_is_wrong(void**) {
  const char* const cases[][2] = {
      {"", "no kind"},
      {"POST /v1/batches", "no kind"},
      {"POST /v1/batches explode", "unknown fault"},
      {"batch reset_after_execute", "its route is METHOD /path"},
      {"POST /v1/batches expire", "its route is batch"},
      {"POST v1/batches hang", "is no 'METHOD /path'"},
      {"GET * hang nth=0", "below 1"},
      {"GET * hang nth=x", "no whole number"},
      {"GET * hang soon", "no '='"},
      {"GET * hang rows=1", "takes no value"},
      {"GET * status status=99", "no HTTP status"},
      {"batch rows_missing rows=many", "no whole number"},
      {"batch stall share=1.5", "from 0 to 1"},
      {"GET * portal form=pdf", "lists the words"},
      {"batch results_gone which=none", "lists the words"},
      {"batch look_alikes ids=all", "lists the words"},
  };
  for (const auto& [text, fragment] : cases) {
    Fault fault;
    std::string error;
    assert_false(Fault::parse(text, fault, error));
    if (error.find(fragment) == std::string::npos) fail_msg("'%s' gave '%s'", text, error.c_str());
  }
}

void script_hits_the_nth_and_as_many_as_counted(void**) {
  Fault fault;
  std::string error;
  assert_true(Fault::parse("GET /v1/files/{id}/content empty nth=2 count=2", fault, error));
  FaultScript script;
  script.add(fault);
  std::string hits;
  for (int i = 0; i < 5; ++i) {
    hits += hit(script, "GET", "/v1/files/file-1/content?x=1") ? 'x' : '.';
    hits += hit(script, "GET", "/v1/files/file-1") ? 'x' : '.';
    hits += hit(script, "POST", "/v1/files/file-1/content") ? 'x' : '.';
  }
  assert_string_equal(hits.c_str(), "...x..x........");
}

void fault_that_does_not_execute_leaves_no_batch(void**) {
  Client client;
  const std::string file = client.upload_lines(lines(1));
  client.fault("POST /v1/batches reset_after_read");
  assert_true(client.create(file).delivery == Delivery::kReset);
  assert_int_equal(client.ledger().creates, 0);
  client.fault("POST /v1/batches reset_after_execute");
  assert_true(client.create(file).delivery == Delivery::kReset);
  assert_int_equal(client.ledger().creates, 1);
  assert_int_equal(client.ledger().faults, 2);
}

void fault_kinds_bend_the_answer(void**) {
  Client client;
  const auto hit = [&](const std::string& kind) {
    assert_int_equal(client.fault("GET /v1/batches " + kind).status, 200);
    const Answer answer = client.call("GET", "/v1/batches");
    client.call("DELETE", "/__emulator/faults");
    return answer;
  };
  assert_int_equal(hit("status status=503 code=overloaded").status, 503);
  assert_string_equal(hit("status status=503 code=overloaded").error("code").c_str(), "overloaded");
  assert_string_equal(hit("insufficient_quota").error("code").c_str(), "insufficient_quota");
  assert_int_equal(hit("rate_limited").status, 429);
  assert_true(hit("reset_before_read").delivery == Delivery::kReset);
  assert_true(hit("hang").delivery == Delivery::kHang);
  assert_true(hit("truncated bytes=7").delivery == Delivery::kTruncated);
  assert_int_equal(hit("truncated bytes=7").amount, 7);
  assert_int_equal(hit("slow bytes_per_s=9").amount, 9);
  assert_int_equal(hit("delay ms=5").delay_ms, 5);
  assert_string_equal(hit("empty").body.c_str(), "");
  assert_int_equal(hit("html").body.find("<!DOCTYPE"), 0);
  assert_string_equal(hit("wrong_json").text("object").c_str(), "");
  assert_string_equal(client.call("GET", "/v1/batches").text("object").c_str(), "list");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(parse_json_in_either_quotes_keeps_every_byte),
      cmocka_unit_test(parse_full_line_takes_everything),
      cmocka_unit_test(parse_wrong_lines_say_what_is_wrong),
      cmocka_unit_test(script_hits_the_nth_and_as_many_as_counted),
      cmocka_unit_test(fault_that_does_not_execute_leaves_no_batch),
      cmocka_unit_test(fault_kinds_bend_the_answer),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
