// The engine's second half: downloading result files. engine_collect.cc has their rows collected.
#include <algorithm>
#include <cstdlib>

#include "batchrouter.h"
#include "codec/json_read.h"
#include "core/engine/engine.h"
#include "providers/shared/http_error.h"

namespace br {
namespace {

constexpr std::size_t kCopyBlock = std::size_t{256} << 10;
constexpr std::uint64_t kConsumeStep = std::uint64_t{256} << 10;
constexpr int kMostEmptyPages = 100;
constexpr std::int64_t kConsumeAfterMs = 100;  // the first bytes at once, and never longer than this

// What names a download from one pass to the next: a signature in the query does not.
std::string body_name(const Download& download) {
  return download.request.url.substr(0, download.request.url.find('?'));
}

// The server says that this file is not there, which is the answer for this file only.
bool is_gone(const HttpResponse& response, const Error& error) {
  if (response.failure != Failure::none || error.blocking) return false;
  if (response.status == 404 || response.status == 410) return true;
  return response.status == 400 && error.code == Code::provider && !error.vendor_code.empty();
}

// A vendor that gives its reason as a text gives no code with it.
void name_refusal(const HttpResponse& response, Error* error) {
  if (response.status == 400 && error->vendor_code.empty() && Json::parse(response.body) != nullptr)
    error->vendor_code = "bad_request";
}

// What a download that broke can be gone on with; empty: nothing.
std::string etag_of(const HttpResponse& response) {
  const std::string_view etag = response.header("etag");
  if (etag.empty() || etag.starts_with("W/") || response.header("accept-ranges") == "none") return {};
  return std::string(etag);
}

// "bytes 100-199/200" begins at 100; -1: it is no such thing.
std::int64_t range_start(std::string_view content_range) {
  if (!content_range.starts_with("bytes ")) return -1;
  const std::string text(content_range.substr(6));
  char* end = nullptr;
  const long long start = std::strtoll(text.c_str(), &end, 10);
  return end == text.c_str() || *end != '-' ? -1 : start;
}

// The 200 of it; -1: it is not told.
std::int64_t range_total(std::string_view content_range) {
  const std::size_t slash = content_range.find('/');
  if (slash == std::string_view::npos) return -1;
  const std::string text(content_range.substr(slash + 1));
  char* end = nullptr;
  const long long total = std::strtoll(text.c_str(), &end, 10);
  return end == text.c_str() ? -1 : total;
}

// The rest of another file than the one that is here.
bool is_of_another_file(const HttpResponse& head, const std::string& etag) {
  const std::string_view now = head.header("etag");
  return !now.empty() && now != etag;
}

}  // namespace

void Engine::start_fetch(Run* run, std::size_t index) {
  Part& part = run->parts[index];
  const std::string& job_id = run->job.id;
  if (part.download_call != 0) return;  // it is under way
  if (!part.output) {
    auto opened = OutputFile::open(p_.spool->files(), p_.spool->output(job_id, run->job.batches[index].part));
    if (!opened) return fetch_error(job_id, index, opened.error());
    part.output = std::make_unique<OutputFile>(std::move(*opened));
    part.replayed = part.feed->files->file_size(part.feed->path) > 0;
  }
  if (!part.pass_open) {
    auto account = account_of(*run, index);
    if (!account) return fetch_error(job_id, index, account.error());
    begin_pass(run, index, *account);
  }
  start_download(run, index);
}

void Engine::begin_pass(Run* run, std::size_t index, const Account& account) {
  Part& part = run->parts[index];
  const RemoteBatch& batch = run->job.batches[index];
  const HttpApi* http = part.provider->http();
  const bool has_results = part.provider->callbacks() != nullptr || !batch.status.output.url.empty();
  part.downloads = http != nullptr ? http->downloads(account, batch) : std::vector<Download>(has_results ? 1 : 0);
  part.download = 0;
  part.download_again = false;
  part.pass_open = true;
  part.bodies.clear();
  part.body_starts.clear();
  part.refused.reset();
  part.etag.clear();
  // Only a pass that did not count leaves out what it read well.
  if (std::exchange(part.counted_passes, run->job.batches[index].fetches) != run->job.batches[index].fetches)
    part.read_bodies.clear();
}

void Engine::start_download(Run* run, std::size_t index) {
  Part& part = run->parts[index];
  while (part.download < part.downloads.size() && !part.downloads[part.download].page &&
         part.read_bodies.contains(body_name(part.downloads[part.download])))
    part.download += 1;
  if (part.download >= part.downloads.size()) {
    part.consume_last = true;
    return consume(run, index, true);
  }
  if (part.provider->callbacks() != nullptr) return external_fetch(run, index);
  if (part.provider->local_program() != nullptr)
    return copy_local_output(run, index, run->job.batches[index].status.output.url);
  auto account = account_of(*run, index);
  if (!account) return fetch_error(run->job.id, index, account.error());
  with_token(*part.provider, std::move(*account),
             [this, job_id = run->job.id, index](const Account& with, const Error* error) {
               if (error != nullptr) return fetch_error(job_id, index, *error);
               if (find(job_id) != nullptr) begin_download(job_id, index, with);
             });
}

// The bytes that follow are another file of the vendor's.
void Engine::next_body(Part* part) {
  part->bodies.push_back(part->download < part->downloads.size() ? body_name(part->downloads[part->download]) : "");
  part->body_starts.push_back(part->output->length());
}

void Engine::begin_download(const std::string& job_id, std::size_t index, const Account& account) {
  Part& part = find(job_id)->parts[index];
  if (part.output == nullptr || part.download >= part.downloads.size()) return;  // given up while the token came
  const Download& download = part.downloads[part.download];
  HttpRequest request = download.request;
  Result<std::uint64_t> sent = std::uint64_t{0};
  if (download.page) {
    sent =
        send(*part.provider, account, std::move(request), nullptr,
             [this, job_id, index, account](HttpResponse response) { page_ended(job_id, index, account, response); });
  } else {
    request.bulk = true;
    part.head_seen = part.wrong_range = false;
    part.write_error.reset();
    if (!part.download_again) {
      part.etag.clear();
      next_body(&part);
      if (auto begun = part.output->begin_source(false); !begun) return fetch_error(job_id, index, begun.error());
    } else if (!part.etag.empty() && part.output->source_length() > 0) {
      request.headers.push_back({"Range", "bytes=" + std::to_string(part.output->source_length()) + "-"});
      request.headers.push_back({"If-Range", part.etag});
    }
    sent = send(
        *part.provider, account, std::move(request),
        [this, job_id, index](const HttpResponse& head, std::string_view bytes) {
          return take_bytes(job_id, index, head, bytes);
        },
        [this, job_id, index, account](const HttpResponse& response) {
          download_ended(job_id, index, account, response);
        });
  }
  if (!sent) return fetch_error(job_id, index, sent.error());
  part.download_call = *sent;
}

// What a local run wrote becomes the output file as if it had been downloaded.
void Engine::copy_local_output(Run* run, std::size_t index, const std::string& path) {
  Part& part = run->parts[index];
  const std::string job_id = run->job.id;
  if (!part.download_again) next_body(&part);
  if (auto begun = part.output->begin_source(part.download_again); !begun)
    return fetch_error(job_id, index, begun.error());
  auto file = p_.spool->files()->open_read(path);
  if (!file) return fetch_error(job_id, index, file.error());
  std::string block(kCopyBlock, '\0');
  for (;;) {
    auto n = file->read(block.data(), block.size());
    if (!n) return fetch_error(job_id, index, n.error());
    if (*n == 0) break;
    if (auto put = part.output->append({block.data(), *n}); !put) return fetch_error(job_id, index, put.error());
  }
  if (auto ended = part.output->end_source(); !ended) return fetch_error(job_id, index, ended.error());
  part.output->close();
  part.download_again = false;
  part.download += 1;
  start_download(run, index);
}

void Engine::page_ended(const std::string& job_id, std::size_t index, const Account& account,
                        const HttpResponse& response) {
  Run* run = find(job_id);
  if (run == nullptr) return;
  Part& part = run->parts[index];
  part.download_call = 0;
  auto page = part.provider->http()->read_page(account, run->job.batches[index], response);
  if (!page) {
    token_refused(account, &page.error());
    name_refusal(response, &page.error());
    if (!is_gone(response, page.error())) return fetch_error(job_id, index, page.error());
    part.refused = page.error();
    page = Page{};
  }
  part.empty_pages = page->lines.empty() ? part.empty_pages + 1 : 0;
  if (part.empty_pages > kMostEmptyPages && !page->next.empty()) {
    part.empty_pages = 0;
    return fetch_error(job_id, index,
                       protocol_error(run->job.batches[index].provider, "downloading results",
                                      "page after page holds no row, and the last one names another"));
  }
  if (!page->lines.empty()) {
    next_body(&part);
    if (auto begun = part.output->begin_source(false); !begun) return fetch_error(job_id, index, begun.error());
    const bool put = put_bytes(run, index, page->lines);
    auto ended = part.output->end_source();
    part.output->close();
    if (!put && part.write_error) return fetch_error(job_id, index, *part.write_error);
    if (!ended) return fetch_error(job_id, index, ended.error());
  }
  part.download += 1;
  const auto at = part.downloads.begin() + static_cast<std::ptrdiff_t>(part.download);
  part.downloads.insert(at, std::make_move_iterator(page->next.begin()), std::make_move_iterator(page->next.end()));
  start_download(run, index);
}

// The first bytes of a download: whether they go on with what is here, or begin anew.
bool Engine::begin_body(Part* part, const HttpResponse& head) {
  if (std::exchange(part->head_seen, true)) return true;
  if (head.status == 206) {
    const auto here = static_cast<std::int64_t>(part->output->source_length());
    part->wrong_range = !part->download_again || range_start(head.header("content-range")) != here ||
                        is_of_another_file(head, part->etag);
    if (!part->wrong_range) part->output->continue_source();
    return !part->wrong_range;
  }
  if (!part->download_again) return true;
  if (auto begun = part->output->begin_source(true); !begun) {
    part->write_error = begun.error();
    return false;
  }
  return true;
}

bool Engine::take_bytes(const std::string& job_id, std::size_t index, const HttpResponse& head,
                        std::string_view bytes) {
  Run* run = find(job_id);
  if (run == nullptr || run->parts[index].output == nullptr) return false;
  return begin_body(&run->parts[index], head) && put_bytes(run, index, bytes);
}

bool Engine::put_bytes(Run* run, std::size_t index, std::string_view bytes) {
  Part& part = run->parts[index];
  if (auto put = part.output->append(bytes); !put) {
    part.write_error = put.error();
    return false;
  }
  const bool enough = part.output->length() - part.consumed_to >= kConsumeStep;
  if (enough || p_.clock->now_ms() - part.consumed_ms >= kConsumeAfterMs) consume(run, index, false);
  return true;
}

void Engine::download_ended(const std::string& job_id, std::size_t index, const Account& account,
                            const HttpResponse& response) {
  Run* run = find(job_id);
  if (run == nullptr) return;
  Part& part = run->parts[index];
  part.download_call = 0;
  if (part.output == nullptr) return;  // given up meanwhile
  if (!response.ok()) {
    Error error = read_http_error(run->job.batches[index].provider, "downloading results", response);
    token_refused(account, &error);
    return download_failed(run, index, response, std::move(error));
  }
  // A cache may give a file piece by piece: what is still missing is asked for next.
  const auto here = static_cast<std::int64_t>(part.output->source_length());
  const std::int64_t begun = range_start(response.header("content-range"));
  if (response.status == 206 && here > begun && here < range_total(response.header("content-range"))) {
    part.output->close();
    part.download_again = true;
    return start_download(run, index);
  }
  auto ended = part.output->end_source();
  part.output->close();
  if (!ended) return fetch_error(job_id, index, ended.error());
  part.download_again = false;
  part.etag.clear();
  part.download += 1;
  start_download(run, index);
}

void Engine::download_failed(Run* run, std::size_t index, const HttpResponse& response, Error error) {
  Part& part = run->parts[index];
  part.output->close();
  part.download_again = true;
  if (part.write_error) return fetch_error(run->job.id, index, *part.write_error);
  name_refusal(response, &error);
  if (is_gone(response, error)) {
    part.refused = std::move(error);
    part.bodies.pop_back();
    part.body_starts.pop_back();
    part.download_again = false;
    part.download += 1;
    return start_download(run, index);
  }
  if (part.wrong_range || response.status == 416) {
    part.etag.clear();
    error = protocol_error(run->job.batches[index].provider, "downloading results",
                           "the server answered another range than the one that was asked for");
    error.code = Code::network;
    return fetch_error(run->job.id, index, std::move(error));
  }
  const bool broke = response.failure == Failure::broken && part.head_seen;
  if (broke && etag_of(response) != part.etag) part.etag = etag_of(response);
  fetch_error(run->job.id, index, std::move(error), broke ? static_cast<std::int64_t>(part.output->length()) : -1);
}

void Engine::fetch_error(const std::string& job_id, std::size_t index, Error error, std::int64_t bytes) {
  Event event{EventKind::fetch_failed, Op::poll, {}, std::move(error), {}};
  event.bytes = bytes;
  push(job_id, index, std::move(event));
}

}  // namespace br
