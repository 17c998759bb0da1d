// What a job is said to have cost is what the vendor's invoice says: 100,000 jobs with any mix of tokens, as the vendors
// write them into their result rows, priced by the library's table and by the emulator's own list.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "core/config.h"
#include "core/requests/prices.h"
#include "core/results/used_tokens.h"
#include "emulator/anthropic/prompt.h"
#include "emulator/anthropic/prompt_cache.h"
#include "emulator/anthropic/rows.h"
#include "emulator/batches/price_list.h"
#include "providers/registry.h"
#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

using br::emulator::Tokens;

constexpr int kJobs = 100'000;
constexpr std::size_t kPadding = 64;

struct Model {
  const char *provider, *name;
  bool reads_cache = false, writes_cache = false, answers = true;
};

constexpr std::array kModels = {
    Model{"anthropic", "claude-opus-4-8", true, true},
    Model{"anthropic", "claude-opus-4-5-20251101", true, true},
    Model{"anthropic", "claude-opus-4-1-20250805", true, true},
    Model{"anthropic", "claude-sonnet-4-6", true, true},
    Model{"anthropic", "claude-sonnet-4-5-20250929", true, true},
    Model{"anthropic", "claude-haiku-4-5", true, true},
    Model{"anthropic", "claude-haiku-5-5", true, true},
    Model{"anthropic", "claude-3-haiku-20240307", true, true},
    Model{"openai", "gpt-4o-mini-2024-07-18", true},
    Model{"openai", "gpt-4o", true},
    Model{"openai", "gpt-4.1-nano", true},
    Model{"openai", "gpt-5-2025-08-07", true},
    Model{"openai", "gpt-5-mini", true},
    Model{"openai", "gpt-5.4", true},
    Model{"openai", "gpt-5.6-luna", true, true},
    Model{"openai", "text-embedding-3-small", false, false, false},
    Model{"google", "models/gemini-2.5-pro", true},
    Model{"google", "gemini-2.5-flash", true},
    Model{"google", "gemini-2.5-flash-lite", true},
    Model{"mistral", "mistral-small-2603"},
    Model{"groq", "openai/gpt-oss-120b", true},
    Model{"groq", "llama-3.1-8b-instant"},
    Model{"together", "meta-llama/Llama-3.3-70B-Instruct-Turbo"},
};

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  std::int64_t below(std::int64_t end) { return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(end)); }

  Tokens tokens(const Model& model) {
    constexpr std::array<std::int64_t, 7> kEdges = {1, 100'000, 199'999, 200'000, 272'000, 1'000, 1'000'000};
    Tokens made;
    made.input = below(2) == 0 ? below(5'000) : kEdges[static_cast<std::size_t>(below(kEdges.size()))] + below(3) - 1;
    std::int64_t left = made.input;
    const auto part = [&](bool wanted) {
      const std::int64_t taken = wanted && below(2) == 0 ? below(left + 1) : 0;
      left -= taken;
      return taken;
    };
    made.cache_read = part(model.reads_cache);
    made.cache_write_5m = part(model.writes_cache);
    made.cache_write_1h = part(model.writes_cache && model.provider == std::string_view("anthropic"));
    made.output = model.answers ? below(10'000) : 0;
    return made;
  }

 private:
  std::mt19937_64 engine_;
};

std::string field(const char* name, std::int64_t value) { return "\"" + std::string(name) + "\":" + std::to_string(value); }

// The row as the vendor writes it.
std::string row_of(const Model& model, const Tokens& t) {
  const std::string_view provider = model.provider;
  if (provider == "anthropic") {
    const std::int64_t written = t.cache_write_5m + t.cache_write_1h;
    return R"({"custom_id":"a","result":{"type":"succeeded","message":{"content":[],"usage":{)" +
           field("input_tokens", t.input - t.cache_read - written) + "," + field("output_tokens", t.output) + "," +
           field("cache_read_input_tokens", t.cache_read) + "," + field("cache_creation_input_tokens", written) +
           R"(,"cache_creation":{)" + field("ephemeral_5m_input_tokens", t.cache_write_5m) + "," +
           field("ephemeral_1h_input_tokens", t.cache_write_1h) + "}}}}}";
  }
  if (provider == "google") {
    const std::int64_t thoughts = t.output / 3;
    return R"({"key":"a","response":{"candidates":[],"usageMetadata":{)" + field("promptTokenCount", t.input) + "," +
           field("candidatesTokenCount", t.output - thoughts) + "," + field("thoughtsTokenCount", thoughts) + "," +
           field("cachedContentTokenCount", t.cache_read) + "}}}";
  }
  return R"({"custom_id":"a","response":{"status_code":200,"body":{"choices":[],"usage":{)" +
         field("prompt_tokens", t.input) + "," + field("completion_tokens", t.output) +
         R"(,"prompt_tokens_details":{)" + field("cached_tokens", t.cache_read) + "," +
         field("cache_write_tokens", t.cache_write_5m) + "}}}},\"error\":null}";
}

struct Receipts {
  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  br::Config config;
  br::Result<br::Prices> prices = br::Prices::load(&files, config);

  br::Usage read(const Model& model, const Tokens& tokens) {
    br::UsedTokens used;
    return read(model.provider, row_of(model, tokens), &used);
  }

  br::Usage read(const char* provider, std::string line, br::UsedTokens* used) {
    const std::size_t size = line.size();
    line.append(kPadding, ' ');
    br::Row row;
    const auto reader = br::find_provider(provider)->dialect().row_reader();
    if (!reader->read(line.data(), size, &row)) fail_msg("%s", line.c_str());
    assert_int_equal(row.status, br::ResultStatus::succeeded);
    used->add(row.usage, row.model_json);
    return row.usage;
  }
};

void assert_paid(int job, const std::optional<br::Cost>& cost, std::int64_t invoice, const std::string& name) {
  if (!cost) fail_msg("job %d (%s) has no cost", job, name.c_str());
  const std::int64_t dollars = invoice / 1'000'000'000'000, rest = invoice % 1'000'000'000'000;
  const std::string micro = std::to_string(dollars * 1'000'000 + (rest + 500'000) / 1'000'000);
  if (std::to_string(cost->batch.micro_dollars()) != micro)
    fail_msg("job %d (%s): the receipt says %s, the invoice %s millionths of a dollar", job, name.c_str(),
             std::to_string(cost->batch.micro_dollars()).c_str(), micro.c_str());
}

void cost_of_a_hundred_thousand_jobs_is_the_invoice(void**) {
  Receipts receipts;
  Chance chance(20);
  for (int i = 0; i < kJobs; ++i) {
    br::Job job;
    std::int64_t invoice = 0;
    for (std::int64_t part = chance.below(2); part >= 0; --part) {
      const Model& model = kModels[static_cast<std::size_t>(chance.below(kModels.size()))];
      br::RemoteBatch& batch = job.batches.emplace_back();
      batch.provider = model.provider;
      batch.model = model.name;
      for (std::int64_t row = chance.below(3); row >= 0; --row) {
        const Tokens tokens = chance.tokens(model);
        batch.tokens.add(receipts.read(model, tokens));
        invoice += br::emulator::charge_for(model.provider, model.name, tokens).value();
      }
    }
    assert_paid(i, receipts.prices->cost(job), invoice, job.batches[0].provider + " " + job.batches[0].model);
  }
}

// Prompts made of few texts, marked at random, so that they find each other in the cache: what the emulator's vendor
// makes of them, on each row's own model, in batches of several.
class CachingVendor {
 public:
  explicit CachingVendor(Chance* chance) : chance_(chance) {}

  // The row as it stands in the results; its price is added to the invoice.
  std::string answer(const std::string& batch, std::int64_t now_ms, std::int64_t* invoice) {
    static constexpr std::array kClaudes = {"claude-opus-5", "claude-sonnet-4-5-20250929", "claude-3-haiku-20240307"};
    const char* model = kClaudes[static_cast<std::size_t>(chance_->below(kClaudes.size()))];
    br::emulator::json::Document params;
    assert_true(br::emulator::json::parse(prompt(model), params));
    assert_string_equal(br::emulator::cache_control_problem(params).c_str(), "");
    const Tokens prompt = cache_.count(br::emulator::prompt_blocks(params), {"", model, batch, now_ms, true});
    br::emulator::json::Writer out;
    out.begin_object().field("custom_id", "a").key("result").begin_object().field("type", "succeeded").key("message");
    const Tokens used = br::emulator::write_anthropic_message(out, {{}, "a"}, params, prompt);
    out.end_object().end_object();
    *invoice += br::emulator::charge_for("anthropic", model, used).value();
    read += used.cache_read, five += used.cache_write_5m, hour += used.cache_write_1h;
    return out.str();
  }

  std::int64_t read = 0, five = 0, hour = 0;

 private:
  std::string prompt(const char* model) {
    static constexpr std::array kMarks = {"", R"(,"cache_control":{"type":"ephemeral","ttl":"1h"})",
                                          R"(,"cache_control":{"type":"ephemeral"})"};
    std::string texts;
    std::int64_t least_mark = 0;  // none for an hour behind one for five minutes
    for (std::int64_t i = chance_->below(3); i >= 0; --i) {
      const std::int64_t mark = least_mark + chance_->below(3 - least_mark);
      least_mark = std::max(least_mark, mark == 2 ? mark : 0);
      const std::int64_t which = chance_->below(4);
      texts += texts.empty() ? "" : ",";
      texts += R"({"type":"text","text":")" + std::string(1'500 + 1'501 * static_cast<std::size_t>(which), 'x') + '"' +
               kMarks[static_cast<std::size_t>(mark)] + "}";
    }
    return R"({"model":")" + std::string(model) + R"(","max_tokens":9,"system":[)" + texts +
           R"(],"messages":[{"role":"user","content":"question )" + std::to_string(chance_->below(100)) + R"("}]})";
  }

  Chance* chance_;
  br::emulator::PromptCache cache_;
};

void cost_of_jobs_with_cached_prompts_and_mixed_models_is_the_invoice(void**) {
  Receipts receipts;
  Chance chance(8);
  CachingVendor vendor(&chance);
  std::int64_t now_ms = 0;
  for (int i = 0; i < kJobs; ++i) {
    br::UsedTokens used;
    std::int64_t invoice = 0;
    for (std::int64_t row = chance.below(3); row >= 0; --row) {
      now_ms += chance.below(400'000);
      receipts.read("anthropic", vendor.answer(std::to_string(i), now_ms, &invoice), &used);
    }
    br::Job job;
    br::RemoteBatch& batch = job.batches.emplace_back();
    batch.provider = "anthropic";
    batch.tokens = used.all();
    batch.model_tokens = used.by_model();
    assert_paid(i, receipts.prices->cost(job), invoice, "cached");
  }
  // Else nothing was tried.
  assert_true(vendor.read > 1'000'000 && vendor.five > 1'000'000 && vendor.hour > 1'000'000);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(cost_of_a_hundred_thousand_jobs_is_the_invoice),
      cmocka_unit_test(cost_of_jobs_with_cached_prompts_and_mixed_models_is_the_invoice),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
