#include "emulator/vendor/break_off.h"

#include <string>
#include <vector>

#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

void broken_download_goes_on_only_where_ranges_are_served(void**) {
  Client client;
  const std::string id = client.batch_of(lines(20));
  client.advance(1000);
  const std::string path = "/v1/files/" + client.get(id).text("output_file_id") + "/content";
  const std::string whole = client.call("GET", path).body;
  const auto ask = [&](const std::string& range, const std::string& only_if) {
    return client.call("GET", path, {}, "application/json", {{"Range", range}, {"If-Range", only_if}});
  };
  client.fault("GET " + path + " breaks bytes=100 count=1");
  const Answer plain = ask("bytes=100-", "");
  assert_int_equal(plain.status, 200);
  assert_true(plain.delivery == Delivery::kTruncated);
  assert_string_equal(plain.header("etag").c_str(), "");
  client.fault("GET " + path + " breaks bytes=1000 range=1 count=0");
  const Answer first = client.call("GET", path);
  assert_int_equal(first.amount, 1000);
  const std::string etag = first.header("etag");
  std::string got = first.body.substr(0, 1000);
  while (got.size() < whole.size()) {
    const Answer next = ask("bytes=" + std::to_string(got.size()) + "-", etag);
    assert_int_equal(next.status, 206);
    got += next.delivery == Delivery::kTruncated ? next.body.substr(0, static_cast<size_t>(next.amount)) : next.body;
  }
  assert_string_equal(got.c_str(), whole.c_str());
  assert_int_equal(ask("bytes=10-", "\"another\"").status, 200);
  assert_int_equal(ask("bytes=999999999-", etag).status, 416);
  client.call("DELETE", "/__emulator/faults");
  client.fault("GET " + path + " breaks range=1 etag=changing count=0");
  const std::string old = client.call("GET", path).header("etag");
  assert_int_equal(ask("bytes=10-", old).status, 200);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(broken_download_goes_on_only_where_ranges_are_served),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
