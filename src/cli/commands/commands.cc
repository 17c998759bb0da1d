#include "cli/commands/commands.h"

#include <array>

namespace cli {
namespace {

constexpr std::array kCommands = {
    Command{"run", "Submit requests, wait for the vendor, write the results.",
            "batchrouter run requests.jsonl -o results.jsonl --provider openai\n"
            "batchrouter run big.jsonl -o out.jsonl --provider openai --split\n"
            "cat requests.jsonl | batchrouter run - --provider openai > results.jsonl",
            kInput | kOutput | kSettings | kRepeat | kHook, run_run},
    Command{"submit", "Submit requests and end when the vendor has accepted them.",
            "job=$(batchrouter submit requests.jsonl --provider openai)", kInput | kOutput | kSettings | kRepeat | kHook,
            run_submit},
    Command{"status", "Ask the vendor how a job stands.",
            "batchrouter status job_abc\nbatchrouter status job_abc --json", kJob | kSettings, run_status},
    Command{"watch", "Wait for a job and show its progress.", "batchrouter watch job_abc", kJob | kSettings, run_watch},
    Command{"results", "Write the results of a finished job; can be repeated.",
            "batchrouter results job_abc -o results.jsonl\n"
            "batchrouter results job_abc --failed -o again.jsonl\n"
            "batchrouter results job_abc --refetch",
            kJob | kOutput | kSettings | kFailed | kRefetch, run_results},
    Command{"cancel", "Ask the vendor to stop a job; finished requests keep their results.",
            "batchrouter cancel job_abc", kJob | kSettings, run_cancel},
    Command{"resume", "Go on with a job, or with every unfinished one, and write its results.",
            "batchrouter resume\nbatchrouter resume job_abc -o results.jsonl", kAnyJob | kOutput | kSettings,
            run_resume},
    Command{"retry", "Send again what failed in a finished job, as a job of its own.",
            "batchrouter retry job_abc -o more.jsonl", kJob | kOutput | kSettings | kRepeat | kHook, run_retry},
    Command{"attach", "Take over a batch by the vendor's id, wait for it, write its results.",
            "batchrouter attach batch_abc --provider openai -o results.jsonl", kBatch | kOutput | kSettings | kHook,
            run_attach},
    Command{"adopt", "Say which batch of the vendor a job in doubt is, wait for it, write its results.",
            "batchrouter adopt job_abc batch_123\nbatchrouter adopt job_abc batch_123 --part 1",
            kJob | kBatch | kPart | kSettings, run_adopt},
    Command{"abandon", "Give up what is in doubt of a job; nothing is sent, its rows become errors.",
            "batchrouter abandon job_abc", kJob | kSettings, run_abandon},
    Command{"remove", "Forget a job that is done, or that nothing was sent of, with its files.",
            "batchrouter remove job_abc", kJob | kSettings, run_remove},
    Command{"prune", "Forget all jobs that are over and so old, with their files.",
            "batchrouter prune --older-than 30d\nbatchrouter prune --older-than 7d --state failed --state cancelled --dry-run",
            kSettings | kPrune, run_prune},
    Command{"list", "List the jobs in the state directory.",
            "batchrouter list\nbatchrouter list --limit 10 --json\n"
            "batchrouter list --remote --provider openai",
            kSettings | kLimit | kRemote, run_list},
    Command{"validate", "Check requests as a submission would, without sending anything.",
            "batchrouter validate requests.jsonl --provider openai", kInput | kSettings, run_validate},
    Command{"estimate", "Say what a submission would bring and cost; exit 7 when it is over --max-cost.",
            "batchrouter estimate requests.jsonl --provider openai --max-cost 5", kInput | kSettings, run_estimate},
    Command{"convert", "Write the vendor's native request lines.",
            "batchrouter convert requests.jsonl --provider openai -o native.jsonl", kInput | kOutput | kSettings,
            run_convert},
    Command{"decode", "Read the vendor's native result lines, write unified results.",
            "batchrouter decode batch_output.jsonl --provider openai -o results.jsonl", kInput | kOutput | kSettings,
            run_decode},
    Command{"providers", "Show the vendors, what they can do and their limits.",
            "batchrouter providers\nbatchrouter providers --json", kMarkdown, run_providers},
    Command{"settings", "Show every setting: its value in force, where it comes from, what it means.",
            "batchrouter settings\nbatchrouter settings --set poll.interval_ms=5000 --json", kSettings, run_settings},
    Command{"gateway", "Batch programs that cannot be changed: looks like every vendor, answers from batches.",
            "batchrouter gateway > gateway.env &\n. ./gateway.env # when it has been written", kGateway, run_gateway},
    Command{"exec", "Run a program whose calls to the vendors are answered from batches.",
            "batchrouter exec -- python3 program.py\nbatchrouter exec --dry-run -- node program.mjs --its-own options",
            kGateway | kProgram, run_exec},
    Command{"emulate", "Serve the vendors' batch APIs on a loopback port, for tests.",
            "batchrouter emulate --port 8089 --latency 5s\n"
            "batchrouter emulate --fault 'POST /v1/batches status nth=1 status=500' --ledger",
            kEmulator, run_emulate},
    Command{"demo", "Run requests through the emulator: offline, without a key.",
            "batchrouter demo\nbatchrouter demo 50000", kCount, run_demo},
    Command{"doctor", "Check this machine: versions, keys, proxies, state directory.", "batchrouter doctor\nbatchrouter doctor --connect",
            kSettings | kConnect, run_doctor},
    Command{"completions", "Print the completions of a shell: bash, zsh or fish.",
            "batchrouter completions bash > ~/.local/share/bash-completion/completions/batchrouter", kShell,
            run_completions},
    Command{"version", "Print the version.", "batchrouter version --json", 0, run_version},
};

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command* find_command(const std::string& name) {
  for (const Command& command : kCommands) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

}  // namespace cli
