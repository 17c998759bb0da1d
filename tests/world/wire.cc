#include "world/wire.h"

#include <algorithm>
#include <utility>

namespace br::world {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 30;
constexpr std::int64_t kGivesUpMs = 60'000, kLatestMs = 600'000, kForEverMs = 3'600'000;

std::string joined(std::string lines) {
  while (!lines.empty() && lines.back() == '\n') lines.pop_back();
  std::replace(lines.begin(), lines.end(), '\n', ',');
  return lines;
}

std::string key_of(const HttpRequest& request) {
  for (const Header& header : request.headers) {
    if (header.name == "Authorization") return header.value.substr(std::string("Bearer ").size());
    if (header.name == "x-api-key" || header.name == "x-goog-api-key") return header.value;
  }
  return {};
}

}  // namespace

Result<Call> Wire::read(const HttpRequest& request) {
  Call call;
  call.method = request.method;
  call.key = key_of(request);
  const std::size_t host = request.url.find("//") + 2, path = request.url.find('/', host);
  const std::size_t query = std::min(request.url.find('?', path), request.url.size());
  call.path = request.url.substr(path, query - path);
  if (query < request.url.size()) call.query = request.url.substr(query + 1);
  call.body = request.body;
  if (!request.body_path.empty()) {
    auto text = files_->read_whole_file(request.body_path, kMaxFile);
    BR_RETURN_IF_ERROR(text);
    call.body = request.body_prefix + (request.join_lines ? joined(std::move(*text)) : *text) + request.body_suffix;
  }
  for (const FormPart& part : request.form) {
    if (part.path.empty()) continue;
    auto text = files_->read_whole_file(part.path, kMaxFile);
    BR_RETURN_IF_ERROR(text);
    call.body += *text;
    call.filename = part.filename;
  }
  return call;
}

std::uint64_t Wire::start(HttpRequest request, BodySink sink, Done done) {
  auto exchange = std::make_shared<Exchange>();
  exchange->is_bulk = request.bulk;
  exchange->sink = std::move(sink);
  exchange->done = std::move(done);
  ++stats_.requests;
  exchanges_.emplace(++last_, exchange);
  auto call = read(request);
  if (!life_->step() || !call) {
    fail(exchange, Failure::local, "the request file cannot be read", 0);
    return last_;
  }
  if (e_.history->keeps_sentences())
    e_.history->tell("a call", "process " + std::to_string(life_->number()) + ", " + call->method + " " + call->path);
  travel(exchange, *call);
  return last_;
}

void Wire::carry_out_later(const Call& call, std::int64_t after_ms) {
  e_.timeline->at(e_.timeline->now_ms() + after_ms, [cloud = e_.cloud, call] { (void)cloud->answer(call); });
}

void Wire::fail(const std::shared_ptr<Exchange>& exchange, Failure how, const char* why, std::int64_t after_ms) {
  exchange->response = {};
  exchange->response.failure = how;
  exchange->response.failure_text = why;
  e_.timeline->at(e_.timeline->now_ms() + after_ms, [exchange] { exchange->is_ready = true; });
}

void Wire::arrive(const std::shared_ptr<Exchange>& exchange, const Reply& reply, std::int64_t after_ms) {
  exchange->response.status = reply.status;
  exchange->response.body = reply.body;
  for (const auto& header : reply.headers) exchange->response.headers.push_back(header);
  e_.timeline->at(e_.timeline->now_ms() + after_ms, [exchange] { exchange->is_ready = true; });
}

// The vendor carries a call out when it arrives there, which is at once, later, twice or never.
void Wire::travel(const std::shared_ptr<Exchange>& exchange, const Call& call) {
  const Weather& w = *e_.weather;
  Dice& dice = *e_.dice;
  const std::int64_t way_ms = dice.between(1, w.slowest_ms);
  const bool is_paid = e_.cloud->is_paid(call);
  // There are few paid calls, and most can be lost by them.
  const int more = is_paid ? 2 : 1;
  const auto tell = [&](const char* what) { e_.history->tell(what, call.method + " " + call.path); };
  const auto send = [&] { return e_.cloud->answer(call); };
  if (dice.percent(w.refused)) return tell("no connection"), fail(exchange, Failure::not_connected, "refused", way_ms);
  if (dice.percent(more * w.lost_there)) {
    tell(is_paid ? "a paid call is lost on its way" : "a call is lost on its way");
    return fail(exchange, Failure::broken, "timed out", kGivesUpMs);
  }
  if (dice.percent(more * w.late)) {
    tell(is_paid ? "a paid call arrives late" : "a call arrives late");
    carry_out_later(call, dice.between(1, kLatestMs));
    return fail(exchange, Failure::broken, "timed out", kGivesUpMs);
  }
  if (dice.percent(w.busy)) {
    tell("too many calls");
    if (dice.percent(50)) exchange->response.headers.emplace_back("retry-after", std::to_string(dice.between(0, 600)));
    return arrive(exchange, e_.cloud->refusal(429, "Rate limit reached"), way_ms);
  }
  if (dice.percent(w.denied)) return tell("a right key is denied"), arrive(exchange, e_.cloud->refusal(401, "denied"), way_ms);
  if (dice.percent(exchange->is_bulk ? 2 * w.page : w.page)) return tell("a page of somebody in between"), arrive(exchange, {200, "<html>log in</html>"}, way_ms);
  if (call.method == "GET" && dice.percent(w.not_found))
    return tell("404 for what is there"), arrive(exchange, e_.cloud->refusal(404, "not found"), way_ms);
  if (dice.percent(more * w.broken)) {
    const bool is_done = dice.percent(50);
    tell(is_done ? "500 after it was done" : "500 before it is done");
    if (is_done) (void)send();
    return arrive(exchange, e_.cloud->refusal(dice.percent(50) ? 500 : 503, "broken"), way_ms);
  }
  if (dice.percent(more * w.twice)) {
    tell(is_paid ? "a paid call is sent twice on its way" : "a call is sent twice on its way");
    const auto before = e_.cloud->batches().size();
    carry_out_later(call, dice.between(0, 30'000));
    const Reply reply = send();
    for (std::size_t i = before; i < e_.cloud->batches().size(); ++i) {
      for (const Row& row : e_.cloud->batches()[i]->rows) ++(*e_.repeats)[row.word];
    }
    return arrive(exchange, reply, way_ms);
  }
  const Reply reply = send();
  if (dice.percent(more * w.lost_back)) {
    tell(is_paid ? "the answer to a paid call is lost" : "an answer is lost");
    return fail(exchange, Failure::broken, "timed out", kGivesUpMs);
  }
  if (exchange->is_bulk && reply.status == 200 && dice.percent(w.clipped) && e_.clipped->insert(call.path).second) {
    tell("a download that ends in the middle looks whole");
    return arrive(exchange, {200, reply.body.substr(0, dice.below(reply.body.size() + 1))}, way_ms);
  }
  if (exchange->is_bulk && reply.status == 200 && dice.percent(w.cut)) {
    tell("a download ends in the middle");
    arrive(exchange, {200, reply.body.substr(0, dice.below(reply.body.size() + 1))}, way_ms);
    exchange->response.failure = Failure::broken;
    exchange->response.failure_text = "cut off";
    return;
  }
  arrive(exchange, reply, way_ms);
}

bool Wire::finish_one() {
  const auto ready = std::find_if(exchanges_.begin(), exchanges_.end(), [](const auto& e) { return e.second->is_ready; });
  if (ready == exchanges_.end()) return false;
  const std::shared_ptr<Exchange> exchange = ready->second;
  exchanges_.erase(ready);
  HttpResponse& response = exchange->response;
  if (exchange->is_bulk && exchange->sink && response.status == 200 && !response.body.empty()) {
    const std::string body = std::exchange(response.body, {});
    if (!exchange->sink(response, body)) response.failure = Failure::local;
  }
  exchange->done(std::move(response));
  return true;
}

// What is left of a process that is gone uses up no time.
void Wire::wait(std::int64_t timeout_ms) {
  const std::int64_t until_ms = e_.timeline->now_ms() + (timeout_ms < 0 ? kForEverMs : timeout_ms);
  for (;;) {
    if (life_->is_over()) return;
    if (finish_one() || std::exchange(is_woken_, false)) return;
    if (e_.timeline->next_ms() > until_ms) return e_.timeline->advance_to(until_ms);
    e_.timeline->happen();
  }
}

}  // namespace br::world
