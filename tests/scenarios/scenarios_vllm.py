"""vLLM by a stand-in executable on PATH: no key, no URL, one child per job, its crash and its missing output."""
import json
import os
import signal
import time

from harness import scenario, want

FAKE = '''#!/usr/bin/env python3
import json, os, sys, time
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "calls.jsonl"), "a") as log:
    log.write(json.dumps({"argv": sys.argv[1:], "environ": sorted(os.environ)}) + "\\n")
with open(os.path.join(here, "mode")) as file:
    mode = file.read().strip()
arguments = sys.argv[1:]
assert arguments[0] == "run-batch", arguments
source, target = arguments[arguments.index("-i") + 1], arguments[arguments.index("-o") + 1]
print("Running batch: 45% Completed | 9/20 [00:05<00:06]", file=sys.stderr, flush=True)
if mode == "crash":
    print("Traceback (most recent call last):\\nRuntimeError: CUDA out of memory on GPU 0", file=sys.stderr)
    sys.exit(1)
if mode == "no-output":
    sys.exit(0)
if mode == "slow":
    time.sleep(600)
out = []
for number, line in enumerate(open(source, encoding="utf-8")):
    value = json.loads(line)
    assert set(value) == {"custom_id", "method", "url", "body"}, value
    content = value["body"]["messages"][-1]["content"]
    text = content if isinstance(content, str) else content[0]["text"]
    row = {"id": "vllm-1", "custom_id": value["custom_id"], "response": {"status_code": 200, "request_id": "b-1",
        "body": {"id": "chatcmpl-1", "object": "chat.completion", "model": value["body"]["model"], "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "answer to " + text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 22, "completion_tokens": 3, "total_tokens": 25}}}, "error": None}
    if mode == "errors" and number % 3 == 1:
        row["response"].update(status_code=400, body=None)
        shapes = ("bad thing", {"error": {"message": "bad thing", "type": "NotFoundError", "code": 404}},
                  {"object": "error", "message": "bad thing", "type": "t", "param": None, "code": 400})
        row["error"] = shapes[number // 3 % 3]
    if mode == "missing" and number == 2:
        continue
    out.append(json.dumps(row))
data = "".join(line + "\\n" for line in out)
if mode == "cut":
    data = data[:-30]
with open(target, "w", encoding="utf-8") as file:
    file.write(data)
if mode == "late-crash":
    sys.exit(3)
'''


def prepare(world, mode, count=9):
    folder = os.path.join(world.dir, "bin")
    os.makedirs(folder)
    with open(os.path.join(folder, "vllm"), "w") as file:
        file.write(FAKE)
    os.chmod(os.path.join(folder, "vllm"), 0o755)
    set_mode(world, mode)
    world.env["PATH"] = folder + ":" + world.env["PATH"]
    world.env.update(OPENAI_API_KEY="sk-not-for-the-child", SOMETHING="kept")
    world.write(count)


def set_mode(world, mode):
    with open(os.path.join(world.dir, "bin", "mode"), "w") as file:
        file.write(mode)


def calls(world):
    path = os.path.join(world.dir, "bin", "calls.jsonl")
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [json.loads(line) for line in file]


@scenario("vllm")
def plain(world):
    prepare(world, "good")
    world.code(world.run(), 0)
    world.check_out()
    (call,) = calls(world)
    argv = call["argv"]
    want("--model" in argv and argv[argv.index("--model") + 1] == "m", "argv: %s" % argv)
    want("SOMETHING" in call["environ"] and "OPENAI_API_KEY" not in call["environ"], "environ: %s" % call["environ"])


@scenario("vllm")
def additional_arguments_and_command(world):
    prepare(world, "good")
    os.rename(os.path.join(world.dir, "bin", "vllm"), os.path.join(world.dir, "bin", "other-vllm"))
    world.code(world.run("--set", "vllm.vllm_command=" + os.path.join(world.dir, "bin", "other-vllm"), "--set",
                         "vllm.additional_args=--max-model-len 8192"), 0)
    world.check_out()
    (call,) = calls(world)
    want(call["argv"][-2:] == ["--max-model-len", "8192"], "argv: %s" % call["argv"])


@scenario("vllm")
def some_rows_errored(world):
    prepare(world, "errors")
    world.code(world.run(), 3)
    rows = world.check_out(lambda name: "errored" if int(name[1:]) % 3 == 1 else "succeeded")
    for name in ("r1", "r4", "r7"):
        want("bad thing" in rows[name]["error"]["message"], "reason: %s" % rows[name]["error"])


@scenario("vllm")
def crash(world):
    """Every row is errored with the last lines of stderr."""
    prepare(world, "crash")
    world.code(world.run(), 1, 3)
    rows = world.check_out(lambda name: "errored")
    want("CUDA out of memory" in json.dumps(rows["r0"]["error"]), "reason: %s" % rows["r0"]["error"])
    want(len(calls(world)) == 1, "ran %d times" % len(calls(world)))


@scenario("vllm")
def no_output(world):
    prepare(world, "no-output")
    world.code(world.run(), 1, 3)
    world.check_out(lambda name: "errored")
    want(len(calls(world)) == 1, "ran %d times" % len(calls(world)))


@scenario("vllm")
def exit_code_with_output(world):
    prepare(world, "late-crash")
    world.code(world.run(), 0, 1, 3)
    want(set(world.rows()) == set(world.ids), "ids in OUT")


@scenario("vllm")
def row_missing(world):
    prepare(world, "missing")
    world.code(world.run(), 3)
    world.check_out(lambda name: "errored" if name == "r2" else "succeeded")


@scenario("vllm")
def output_cut(world):
    prepare(world, "cut")
    world.code(world.run(), 3)
    world.check_out(lambda name: "errored" if name == "r8" else "succeeded")


@scenario("vllm")
def not_on_path(world):
    prepare(world, "good")
    os.remove(os.path.join(world.dir, "bin", "vllm"))
    done = world.run()
    want(done.code in (1, 2, 3, 6), "exit %r" % done)
    want("vllm" in done.err, "stderr: %r" % done.err)


def wait_for_child(world):
    for _ in range(500):
        if calls(world):
            return
        time.sleep(0.01)


def children(process_name):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                if process_name.encode() in file.read():
                    found.append(int(pid))
        except OSError:
            continue
    return found


@scenario("vllm")
def killed_then_resumed(world):
    """What ran at the time of the crash is run again, or counted as failed; every id once."""
    prepare(world, "slow")
    process = world.start(world.command("run", world.input, "-o", world.output))
    wait_for_child(world)
    process.kill()
    world.finish_process(process)
    set_mode(world, "good")
    for pid in children(os.path.join(world.dir, "bin", "vllm")):
        os.kill(pid, signal.SIGKILL)
    done = world.code(world.call("resume"), 0, 3)
    want(set(world.rows()) == set(world.ids), "ids in OUT: %r" % done)


@scenario("vllm")
def ctrl_c(world):
    prepare(world, "slow")
    process = world.start(world.command("run", world.input, "-o", world.output))
    wait_for_child(world)
    process.send_signal(signal.SIGINT)
    world.code(world.finish_process(process, 10), 130)
    set_mode(world, "good")
    for pid in children(os.path.join(world.dir, "bin", "vllm")):
        os.kill(pid, signal.SIGKILL)
    world.code(world.call("resume"), 0, 3)
    want(set(world.rows()) == set(world.ids), "ids in OUT")


@scenario("vllm")
def bad_input_refused_before_the_run(world):
    prepare(world, "good")
    world.write_lines(json.dumps(world.request("a")).encode() + b"\n{}\n")
    world.code(world.run(), 2)
    want(not calls(world), "vllm was started")
