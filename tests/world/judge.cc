#include "world/judge.h"

#include <algorithm>
#include <utility>

namespace br::world {
namespace {

using Verdict = std::optional<Breach>;

// What the vendor did about one question.
struct Bill {
  int batches = 0;       // it stands in so many that were begun and not refused as a whole
  int good_answers = 0;  // rows that say the answer and can be read
};

Bill bill_of(const Cloud& cloud, const std::string& word) {
  Bill bill;
  for (const auto& batch : cloud.batches()) {
    for (const Row& row : batch->rows) {
      if (row.word != word || batch->is_foreign || batch->stage == Stage::failed) continue;
      bill.batches += 1;
      if (row.fate == Fate::answered && row.shown == Shown::good) bill.good_answers += 1;
    }
  }
  return bill;
}

int of(const Repeats& repeats, const std::string& word) {
  const auto found = repeats.find(word);
  return found == repeats.end() ? 0 : found->second;
}

Verdict judge_bill(const Facts& facts, const Task& task, const Question& question) {
  const Bill bill = bill_of(*facts.cloud, question.word);
  const int allowed = 1 + of(*facts.repeats, question.word) + question.asked_again + task.losses;
  if (bill.batches <= allowed) return {};
  return Breach{"nothing is paid twice", question.word + " was sent " + std::to_string(bill.batches) + " times, " +
                                             std::to_string(allowed) + " allowed"};
}

// Of the jobs that are this task, the best that came.
Verdict judge_answer(const Facts& facts, const Task& task, const Question& question) {
  bool came = false, answered = false;
  for (const auto& [job, results] : task.got) {
    const auto found = results.find(question.id);
    if (found == results.end()) continue;
    came = true;
    const std::string& line = found->second.line;
    if (line.find("\"status\":\"succeeded\"") == std::string::npos) continue;
    answered = true;
    if (line.find("answer:" + question.word + '"') == std::string::npos)
      return Breach{"an answer is that of its question", question.word + " got " + line};
  }
  if (!came) return Breach{"nobody waits for ever", question.word + " has no result"};
  // Of two batches that the network made of one call, one is known.
  const bool may_lack =
      task.was_cancelled || task.was_abandoned || task.losses > 0 || of(*facts.repeats, question.word) > 0;
  if (!answered && !may_lack && bill_of(*facts.cloud, question.word).good_answers > 0)
    return Breach{"what was answered is delivered", question.word + " has an error, and the vendor has its answer"};
  return {};
}

Verdict judge_strangers(const Facts& facts) {
  if (!facts.cloud->trespasses().empty())
    return Breach{"nothing of another tenant's is touched", facts.cloud->trespasses().front()};
  for (const Task& task : *facts.tasks) {
    for (const auto& [job, results] : task.got) {
      for (const auto& [id, got] : results) {
        const bool was_asked = std::any_of(task.questions.begin(), task.questions.end(),
                                           [&](const Question& question) { return question.id == id; });
        if (!was_asked) return Breach{"nobody gets what was not asked", job + " " + id};
      }
    }
  }
  return {};
}

Verdict judge_secrets(const Facts& facts) {
  Verdict broken;
  facts.disk->each_file([&](const std::string& path, const Node& node) {
    for (const char* key : {kRightKey, kOtherKey}) {
      if (node.data.find(key) != std::string::npos) broken = Breach{"no key in any file", path};
    }
  });
  return broken;
}

}  // namespace

std::optional<Breach> judge_world(const Facts& facts) {
  if (auto broken = judge_strangers(facts)) return broken;
  if (auto broken = judge_secrets(facts)) return broken;
  for (const Task& task : *facts.tasks) {
    if (!task.was_tried) continue;
    for (const Question& question : task.questions) {
      if (auto broken = judge_bill(facts, task, question)) return broken;
      if (auto broken = judge_answer(facts, task, question)) return broken;
    }
  }
  return {};
}

}  // namespace br::world
