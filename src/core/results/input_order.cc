#include "core/results/input_order.h"

#include <algorithm>

#include "core/results/id_file.h"
#include "core/results/id_ledger.h"
#include "core/results/result_file.h"

namespace br {
namespace {

using Numbers = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  // hash of the id, number of the request

Result<Numbers> numbers_of(const IdFile& ids, std::uint64_t seed) {
  Numbers numbers;
  auto read = for_each_id(ids, [&](const IdEntry& entry) {
    numbers.emplace_back(hash_id(entry.custom_id, seed), entry.number);
  });
  BR_RETURN_IF_ERROR(read);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<void> add_part(const Spool& spool, const RemoteBatch& batch, std::int32_t index, std::uint64_t seed,
                      std::vector<ResultPlace>* places) {
  auto numbers = numbers_of(id_file_of(spool, batch), seed);
  BR_RETURN_IF_ERROR(numbers);
  return for_each_result(
      result_file_of(spool, batch), [&](const Line& line, std::string_view id) -> Result<void> {
        const std::uint64_t hash = hash_id(id, seed);
        const auto found = std::lower_bound(numbers->begin(), numbers->end(), std::pair{hash, std::uint64_t{0}});
        const bool known = found != numbers->end() && found->first == hash;
        places->push_back(
            {known ? found->second : ~std::uint64_t{0}, line.offset, static_cast<std::uint32_t>(line.size), index});
        return {};
      });
}

}  // namespace

Result<std::vector<ResultPlace>> find_input_order(const Spool& spool, const Job& job, std::uint64_t hash_seed) {
  if (job.attached)
    return Error(Code::unsupported, "the job " + job.id + " was made elsewhere: the order of its requests is not known",
                 "take the results in the order of their arrival");
  std::vector<ResultPlace> places;
  for (std::size_t i = 0; i < job.batches.size(); ++i) {
    auto added = add_part(spool, job.batches[i], static_cast<std::int32_t>(i), hash_seed, &places);
    BR_RETURN_IF_ERROR(added);
  }
  std::sort(places.begin(), places.end(),
            [](const ResultPlace& a, const ResultPlace& b) { return a.number < b.number; });
  return places;
}

}  // namespace br
