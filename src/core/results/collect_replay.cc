// The collector's beginning: what an earlier process left in the results file, and what is not wanted again.
#include <utility>

#include "batchrouter.h"
#include "codec/json_read.h"
#include "core/results/collect.h"
#include "core/results/id_file.h"
#include "core/results/result_file.h"

namespace br {

// The whole lines of an earlier process stay, since some of them may have been handed out; a torn last one goes. So
// does everything from a damaged one on, which the vendor gives again, unless somebody has acknowledged it.
Result<void> Collector::replay() {
  auto file = plan_.feed->files->open_update(plan_.feed->path);
  BR_RETURN_IF_ERROR(file);
  auto size = file->size();
  BR_RETURN_IF_ERROR(size);
  Places places;
  if (ledger_.has_wire_ids() && *size > 0) {
    if (auto found = find_places(&places); !found) return found;
  }
  std::vector<std::uint64_t> sums;
  auto whole = read_earlier(&*file, places, &sums);
  BR_RETURN_IF_ERROR(whole);
  if (*whole < plan_.acked_bytes)
    return Error(Code::store,
                 plan_.feed->path + " is damaged: byte " + std::to_string(*whole) +
                     " is where a result that was acknowledged should be",
                 "put the file back from a copy and resume; or remove the job and attach its batch " +
                     std::string("by its id: the answers stay at the vendor"));
  if (auto cut = file->truncate(*whole); !cut) return cut;
  plan_.feed->length = *whole;
  return LineSums::write(plan_.feed->files, plan_.feed->path, sums);
}

// Where the first line begins that is not whole, or not as it was written. sums: of those before it.
Result<std::uint64_t> Collector::read_earlier(File* file, const Places& places, std::vector<std::uint64_t>* sums) {
  std::uint64_t whole = 0;
  const auto kept = LineSums::read(plan_.feed->files, plan_.feed->path);
  BR_RETURN_IF_ERROR(kept);
  LineReader lines([file](char* buffer, std::size_t capacity) { return file->read(buffer, capacity); }, kMaxResultLine);
  Line line;
  for (;;) {
    auto more = lines.next(&line);
    BR_RETURN_IF_ERROR(more);
    if (!*more || !line.terminated) return whole;
    const std::uint64_t sum = LineSums::sum_of({line.data, line.size});
    const bool as_written = !*kept || (sums->size() < (*kept)->size() && (**kept)[sums->size()] == sum);
    if (!as_written || !replay_line(line, places)) {
      odd(BR_EVENT_WARNING, plan_.feed->path + ": line " + std::to_string(line.number) +
                                " is damaged; it and what follows it are fetched again");
      return whole;
    }
    sums->push_back(sum);
    whole = line.offset + line.size + 1;
  }
}

// Our results hold the caller's ids, the ledger those on the wire.
Result<void> Collector::find_places(Places* places) const {
  return for_each_id(*plan_.ids, [&](const IdEntry& entry) {
    (*places)[std::string(entry.custom_id)] = ledger_.find(entry.wire_id);
  });
}

// false: it is no line that was written here, or one of an id that has another one already.
bool Collector::replay_line(const Line& line, const Places& places) {
  const auto json = Json::parse({line.data, line.size});
  if (json == nullptr || !(*json)["custom_id"].is_string()) return false;
  const std::string id((*json)["custom_id"].string());
  const auto status = read_result_status((*json)["status"].string());
  if (!status) return false;
  if (!plan_.ids) {
    if (!foreign_.emplace(id, true).second) return false;
  } else {
    std::size_t place = IdLedger::kNone;
    if (!ledger_.has_wire_ids())
      place = ledger_.find(id);
    else if (const auto found = places.find(id); found != places.end())
      place = found->second;
    if (place == IdLedger::kNone || ledger_.seen(place)) return false;
    ledger_.mark(place);
  }
  count(*status);
  const Json& usage = (*json)["usage"];
  const auto tokens = [&usage](std::string_view name) { return usage[name].integer().value_or(0); };
  const std::int64_t for_an_hour = tokens("cache_creation_1h_input_tokens");
  const Usage used{tokens("input_tokens"),
                   tokens("output_tokens"),
                   tokens("cached_input_tokens"),
                   tokens("reasoning_tokens"),
                   tokens("cache_creation_input_tokens") - for_an_hour,
                   for_an_hour};
  const Json& model = (*json)["model"];
  used_.add(used, model.is_string() ? model.raw() : std::string_view());
  return true;
}

// Their answers, should they come again, are neither taken nor called odd.
Result<void> Collector::leave_out_answered() {
  if (!plan_.answered) return {};
  Places places;
  if (ledger_.has_wire_ids()) {
    if (auto found = find_places(&places); !found) return found;
  }
  return for_each_result(*plan_.answered, [&](const Line& line, std::string_view id) -> Result<void> {
    if (may_change({line.data, line.size})) return {};
    if (!plan_.ids) {
      foreign_.emplace(id, true);
      return {};
    }
    std::size_t place = IdLedger::kNone;
    if (!ledger_.has_wire_ids())
      place = ledger_.find(id);
    else if (const auto found = places.find(std::string(id)); found != places.end())
      place = found->second;
    if (place != IdLedger::kNone) ledger_.mark(place);
    return {};
  });
}

}  // namespace br
