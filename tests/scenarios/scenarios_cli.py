"""The program's verbs: what they print, what they exit with, and what stays on disk."""
import json
import os
import re

from harness import ALL, Script, scenario, want

STATES = {"queued", "submitting", "validating", "in_progress", "finalizing", "completed", "failed", "cancelling",
          "cancelled", "expired"}


def submit(world, count=8, script=None, *words):
    world.write(count)
    if script:
        world.sim.scripts = [script]
    done = world.code(world.call("submit", world.input, "--json", *words), 0)
    value = done.json()
    want(value["status"] in STATES and value["provider"] == world.vendor and value["id"], "submit: %s" % done.out)
    want(len(value["batches"]) == len(world.sim.own_batches()), "batches: %s" % done.out)
    return value["id"]


@scenario(ALL)
def submit_watch_results(world):
    job = submit(world)
    world.code(world.call("watch", job), 0)
    done = world.code(world.call("results", job, "-o", world.output), 0)
    world.check_out()
    world.code(world.call("results", job, "-o", world.output), 0)
    world.check_out()
    world.one_batch()
    want(done.out == "" or not done.out.startswith("{"), "stdout with -o: %r" % done.out[:200])


@scenario(ALL)
def status_of_a_running_and_a_finished_job(world):
    job = submit(world, 8, Script(phases=("validating", "in_progress", "in_progress", "completed")))
    seen = []
    for _ in range(6):
        done = world.code(world.call("status", job, "--json"), 0)
        value = done.json()
        want(value["id"] == job and value["provider"] == world.vendor, "status: %s" % done.out)
        want(isinstance(value["request_counts"], dict) and value["request_counts"].get("total") == 8,
             "request_counts: %s" % done.out)
        want(value["status"] in STATES, "status: %s" % done.out)
        want(any(name.endswith("_at") or "time" in name for name in value), "no times: %s" % done.out)
        seen.append(value["status"])
    want(seen[0] in ("validating", "in_progress"), "first: %s" % seen)
    want(seen[-1] == "completed", "last: %s" % seen)


@scenario(ALL)
def results_of_an_unfinished_job(world):
    job = submit(world, 4, Script(phases=("validating", "in_progress")))
    done = world.code(world.call("results", job, "-o", world.output), 8)
    want(not os.path.exists(world.output), "OUT is there")
    want(done.err.strip(), "no word on stderr")


@scenario(ALL)
def results_of_a_job_with_failures(world):
    job = submit(world, 6, Script(outcome=lambda index, row: "error" if index == 2 else "ok"))
    world.code(world.call("watch", job), 3, 0)
    world.code(world.call("results", job, "-o", world.output), 3)
    world.check_out(lambda name: "errored" if name == "r2" else "succeeded")


@scenario(ALL)
def cancel_with_partial_results(world):
    job = submit(world, 10, Script(phases=("in_progress",)))
    world.code(world.call("status", job), 0)
    world.code(world.call("cancel", job), 0)
    want(world.sim.count("cancel") == 1, "%d cancel calls" % world.sim.count("cancel"))
    for _ in range(20):
        status = world.call("status", job, "--json").json()["status"]
        if status not in ("cancelling", "in_progress"):
            break
    want(status == "cancelled", "status: %s" % status)
    want(world.sim.count("cancel") == 1, "%d cancel calls after a restart" % world.sim.count("cancel"))
    world.code(world.call("results", job, "-o", world.output), 3)
    world.check_out(lambda name: "succeeded" if int(name[1:]) < 5 else "cancelled")


@scenario(ALL)
def cancel_of_a_finished_job(world):
    job = submit(world, 3, Script(phases=("completed",)))
    world.code(world.call("watch", job), 0)
    done = world.call("cancel", job)
    want(done.code in (0, 1, 3), "exit %r" % done)
    world.code(world.call("results", job, "-o", world.output), 0)
    world.check_out()


@scenario(ALL)
def list_is_offline(world):
    job = submit(world, 3)
    before = len(world.sim.calls)
    done = world.code(world.call("list", "--json"), 0)
    value = done.json()
    want([one["id"] for one in value["jobs"]] == [job], "list: %s" % done.out)
    want(value["jobs"][0]["status"] in STATES, "list: %s" % done.out)
    want(len(world.sim.calls) == before, "list asked the vendor")


@scenario("openai")
def list_of_nothing(world):
    want(world.code(world.call("list", "--json"), 0).json()["jobs"] == [], "list")


@scenario("openai")
def unknown_jobs(world):
    submit(world, 2)
    for verb in ("status", "results", "cancel", "watch"):
        world.code(world.call(verb, "no-such-job"), 6)


@scenario("openai")
def out_to_stdout(world):
    world.write(5)
    done = world.code(world.call("run", world.input, "-o", "-"), 0)
    rows = [json.loads(line) for line in done.out.splitlines()]
    want(sorted(row["custom_id"] for row in rows) == sorted(world.ids), "stdout: %r" % done.out[:300])


@scenario("openai")
def input_from_stdin(world):
    world.write(5)
    line = world.command("run", "-", "-o", world.output)
    process = world.start(["/bin/sh", "-c", 'exec "$@" < "$0"', world.input, *line])
    world.code(world.finish_process(process), 0)
    world.check_out()


@scenario("openai")
def provider_named_by_the_lines(world):
    world.ids = ["a", "b"]
    world.write_lines(b"".join(json.dumps(world.request(name, provider="openai")).encode() + b"\n"
                               for name in world.ids))
    line = world.command("run", world.input, "-o", world.output, "--set", "openai.base_url=" + world.sim.base_url())
    for option in ("--provider", "--base-url"):
        at = line.index(option)
        del line[at:at + 2]
    world.code(world.finish_process(world.start(line)), 0)
    world.check_out()


@scenario("openai")
def no_provider_at_all(world):
    world.write(2)
    line = world.command("run", world.input, "-o", world.output)
    at = line.index("--provider")
    world.code(world.finish_process(world.start(line[:at] + line[at + 2:])), 2)
    world.nothing_sent()


@scenario("openai")
def usage_errors(world):
    world.write(2)
    for words in (("run",), ("frobnicate",), ("run", world.input, "--poll-interval", "soon"),
                  ("run", world.input, "--provider", "nobody"), ("run", world.input, "--no-such-flag"),
                  ("run", os.path.join(world.dir, "absent.jsonl"), "--provider", "openai"),
                  ("run", world.input, "--provider", "openai", "--set", "poll.intervall_ms=5"),
                  ("run", world.input, "--provider", "openai", "--set", "retry.base_ms=fast"),
                  ("convert", world.input, "--provider", "nobody")):
        done = world.plain(*words, "--state-dir", world.state) if words[0] == "run" else world.plain(*words)
        want(done.code == 2, "%s: %r" % (words, done))
        want(done.err.strip(), "%s: no word on stderr" % (words,))
    world.nothing_sent()
    want(not os.path.exists(world.state), "a state directory was left behind")


@scenario("openai")
def help_and_version(world):
    for words in (("--help",), ("run", "--help"), ("--version",), ("providers",), ("providers", "--json")):
        done = world.code(world.plain(*words), 0)
        want(done.out.strip(), "%s prints nothing" % (words,))
    want("openai" in world.plain("providers").out, "providers does not name openai")


@scenario("openai")
def validate_is_offline_and_leaves_nothing(world):
    world.write(5)
    world.code(world.plain("validate", world.input, "--provider", "openai", "--state-dir", world.state), 0)
    world.nothing_sent()
    want(not os.path.exists(world.state), "a state directory was left behind")


@scenario(ALL)
def audit_files(world):
    world.write(5)
    world.sim.scripts = [Script(outcome=lambda index, row: "error" if index == 1 else "ok")]
    world.code(world.run(), 3)
    folder = os.path.join(world.state, "generated", world.vendor)
    want(os.path.isdir(folder), "no " + folder)
    names = sorted(os.listdir(folder))
    for kind in ("unified", "provider", "output", "results"):
        mine = [name for name in names if name.startswith("batch_") and name.endswith("_%s.jsonl" % kind)]
        want(len(mine) == 1, "audit files: %s" % names)
        with open(os.path.join(folder, mine[0]), "rb") as file:
            lines = [json.loads(line) for line in file.read().splitlines() if line.strip()]
        if kind != "output" or world.vendor != "google":
            want(len(lines) == 5, "%s has %d lines" % (mine[0], len(lines)))
    with open(os.path.join(folder, [n for n in names if n.endswith("_unified.jsonl")][0]), "rb") as file:
        mine, given = file.read(), open(world.input, "rb").read()
    want([json.loads(x) for x in mine.splitlines()] == [json.loads(x) for x in given.splitlines()], "unified differs")


@scenario("openai")
def audit_files_of_a_named_batch(world):
    world.write(3)
    world.code(world.run("--name", "my_run 1"), 0)
    names = os.listdir(os.path.join(world.state, "generated", "openai"))
    want("my-run-1_gpt-4o-mini_openai_results.jsonl" in names or any(
        name.startswith("my-run") and name.endswith("_openai_results.jsonl") for name in names), "names: %s" % names)


@scenario("openai")
def json_progress_of_run(world):
    world.write(4)
    done = world.code(world.run("--json"), 0)
    world.check_out()
    for line in done.out.splitlines():
        json.loads(line)


@scenario("openai")
def base_url_with_a_slash(world):
    world.write(3)
    line = world.command("run", world.input, "-o", world.output)
    line[line.index("--base-url") + 1] += "/"
    world.code(world.finish_process(world.start(line)), 0)
    world.check_out()


@scenario("anthropic google mistral")
def base_url_that_ends_in_the_version(world):
    world.write(3)
    line = world.command("run", world.input, "-o", world.output)
    line[line.index("--base-url") + 1] += "/v1beta" if world.vendor == "google" else "/v1"
    world.code(world.finish_process(world.start(line)), 0)
    world.check_out()


@scenario("openai")
def a_job_remembers_its_base_url(world):
    """resume needs neither provider nor base URL."""
    world.write(3)
    world.sim.scripts = [Script(phases=("validating", "in_progress"))]
    world.code(world.run(timeout="300ms"), 8)
    world.sim.own_batches()[0].script.phases = ["completed"]
    os.makedirs(os.path.join(world.dir, "extra"))
    world.code(world.finish_process(world.start(
        ["/bin/sh", "-c", 'cd extra && exec "$@"', "sh", *world.command("resume")])), 0)
    world.check_out()


@scenario("openai")
def many_jobs_resumed_at_once(world):
    outs = []
    for number in range(3):
        world.write(3, ["j%d-%d" % (number, i) for i in range(3)])
        world.sim.scripts = [Script(phases=("validating", "in_progress"))]
        outs.append((os.path.join(world.dir, "allowed-%d.jsonl" % number), world.ids))
        world.code(world.call("run", world.input, "-o", outs[-1][0], timeout="200ms"), 8)
    for batch in world.sim.own_batches():
        batch.script.phases = ["completed"]
    world.code(world.call("resume"), 0)
    for path, ids in outs:
        world.ids = ids
        world.check_out(path=path)
    want(len(world.sim.own_batches()) == 3, "%d batches" % len(world.sim.own_batches()))


@scenario(ALL)
def each_exchange_with_the_vendor_is_traced(world):
    """Method, address without its query, status, bytes and time; no key."""
    world.write(3)
    done = world.code(world.run("-vv"), 0)
    lines = [line for line in done.err.split("\n") if re.search(r"(POST|GET) http://\S+: 200, \d+ bytes, \d+ ms", line)]
    want(len(lines) >= 3, "no trace: %r" % done.err[:500])
    want(not [line for line in lines if "?" in line], "a query is shown: %r" % lines)
