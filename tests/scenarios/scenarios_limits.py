"""Batches at the vendor's limit and one above it, large bodies, and odd custom_ids."""
import json
import os
import threading
import time

from harness import ALL, SIMS, Fault, Script, Skip, scenario, want


def write_many(world, count):
    world.ids = ["id-%06d" % i for i in range(count)]
    head = '{"custom_id":"%s","model":"' + world.request("x")["model"] + (
        '","messages":[{"role":"user","content":"q-%s"}]}\n')
    with open(world.input, "w") as file:
        file.writelines(head % (name, name) for name in world.ids)


@scenario("openai groq together")
def at_the_limit_of_50000(world):
    write_many(world, 50_000)
    world.code(world.run(limit=200), 0)
    world.check_out()
    world.one_batch()


@scenario("openai groq together")
def above_the_limit_of_50000(world):
    write_many(world, 50_001)
    done = world.code(world.run(), 2)
    want("--split" in done.err, "stderr does not name --split: %r" % done.err)
    world.nothing_sent()
    want(not os.path.exists(world.output), "OUT is there")
    world.code(world.run("--split", limit=200), 0)
    world.check_out()
    want(len(world.sim.own_batches()) == 2, "%d batches" % len(world.sim.own_batches()))


@scenario("anthropic mistral")
def above_the_limit_of_100000(world):
    write_many(world, 100_001)
    done = world.code(world.run(), 2)
    want("--split" in done.err, "stderr does not name --split: %r" % done.err)
    world.nothing_sent()
    world.code(world.run("--split", limit=300), 0)
    world.check_out()
    want(len(world.sim.own_batches()) == 2, "%d batches" % len(world.sim.own_batches()))


@scenario("google")
def fifty_thousand(world):
    write_many(world, 50_000)
    world.code(world.run(limit=200), 0)
    world.check_out()


def write_bytes(world, rows, size):
    world.ids = ["big-%d" % i for i in range(rows)]
    filler = "x" * size
    with open(world.input, "w") as file:
        for name in world.ids:
            world.texts[name] = filler + name
            file.write(json.dumps(world.request(name, filler + name)) + "\n")


@scenario("openai together")
def above_the_limit_of_bytes(world):
    limit = SIMS[world.vendor].max_bytes
    write_bytes(world, limit // 4_000_000 + 1, 4_000_000)
    done = world.code(world.run(), 2)
    want("--split" in done.err, "stderr does not name --split: %r" % done.err)
    world.nothing_sent()
    world.sim.answer = small(world.sim.answer)
    world.texts = {name: name for name in world.ids}
    done = world.code(world.run("--split", limit=200), 0)
    want(len(world.sim.own_batches()) == 2, "%d batches" % len(world.sim.own_batches()))
    world.check_out()


def small(answer):
    def shortened(body):
        for message in body["messages"]:
            content = message["content"]
            text = content if isinstance(content, str) else content[0]["text"]
            message["content"] = text.lstrip("x")
        return answer(body)
    return shortened


@scenario("together")
def a_line_above_ten_megabytes(world):
    write_bytes(world, 2, 10 * 1024 * 1024)
    world.code(world.run(), 2)
    world.nothing_sent()


@scenario("openai")
def split_killed_between_the_batches(world):
    """With two remote batches, what the first cost is never paid again."""
    write_many(world, 50_010)
    world.sim.faults = [Fault("create", "kill", "after", skip=1)]
    world.run("--split", limit=200)
    want(len(world.sim.own_batches()) == 2, "%d batches" % len(world.sim.own_batches()))
    world.code(world.call("resume", limit=200), 0)
    world.check_out()
    want(len(world.sim.own_batches()) == 2, "%d batches" % len(world.sim.own_batches()))


@scenario("openai")
def split_with_one_batch_failed(world):
    write_many(world, 50_010)
    world.sim.scripts = [Script(), Script(phases=("validating", "failed"))]
    world.code(world.run("--split", limit=200), 3)
    rows = world.rows()
    want(set(rows) == set(world.ids), "ids in OUT")
    bad = [name for name in rows if rows[name]["status"] != "succeeded"]
    want(bad and bad[0] in [row[0] for row in world.sim.own_batches()[1].rows], "errored: %s" % bad[:3])


def sample(pid, peaks):
    """Reads the high water mark of a process in MB until it ends."""
    try:
        while True:
            with open("/proc/%d/status" % pid) as file:
                for text in file:
                    if text.startswith("VmHWM:"):
                        peaks.append(int(text.split()[1]) / 1024)
            time.sleep(0.005)
    except (OSError, ValueError):
        return


@scenario("openai anthropic")
def memory_stays_small(world):
    if world.sanitized:
        raise Skip("a sanitizer's own memory is in the figure")
    write_many(world, 50_000)
    process = world.start(world.command("run", world.input, "-o", world.output))
    peaks = [0]
    sampler = threading.Thread(target=sample, args=(process.pid, peaks), daemon=True)
    sampler.start()
    world.code(world.finish_process(process, 200), 0)
    world.check_out()
    peak = max(peaks)
    want(peak <= 24 + 50_000 * 16 / 2 ** 20 + 1, "peak memory %.1f MB" % peak)


@scenario(ALL)
def custom_ids_of_every_kind(world):
    """What the vendor does not take on its wire comes back under the caller's own id all the same."""
    world.write(ids=["plain", "with space", "ünïcödé-日本", "a" * 200, "quote\"back\\slash", "slash/colon:dot.",
                     "new\nline\ttab", "\U0001f600", "0", "-", "null"])
    world.sim.scripts = [Script(outcome=lambda index, row: "error" if index == 2 else "ok")]
    lines = [json.dumps(world.request(name, "q-%d" % i)) for i, name in enumerate(world.ids)]
    world.texts = {name: "q-%d" % i for i, name in enumerate(world.ids)}
    world.write_lines("\n".join(lines).encode())
    world.code(world.run(), 3)
    world.check_out(lambda name: "errored" if name == world.ids[2] else "succeeded")


@scenario(ALL)
def input_with_bom_crlf_and_no_last_newline(world):
    world.write(4)
    with open(world.input, "rb") as file:
        data = file.read()
    world.write_lines(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n\r\n").rstrip())
    world.code(world.run(), 0)
    world.check_out()


@scenario("openai groq together mistral google")
def two_models_in_one_file(world):
    """Where a batch takes one model only, each model gets one, without being asked for it; never sent mixed."""
    world.ids = ["a", "b"]
    world.write_lines(b"".join(json.dumps(world.request(name, model="model-" + name)).encode() + b"\n"
                               for name in world.ids))
    world.code(world.run(), 0)
    world.check_out()


@scenario("anthropic")
def two_models_in_one_batch(world):
    world.ids = ["a", "b"]
    world.write_lines(b"".join(json.dumps(world.request(name, model="model-" + name)).encode() + b"\n"
                               for name in world.ids))
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()


@scenario("openai")
def responses_endpoint(world):
    world.ids = ["a", "b"]
    world.write_lines(b"".join(json.dumps(world.request(name, endpoint="responses")).encode() + b"\n"
                               for name in world.ids))

    def answer(body):
        text = "answer to " + body["input"][-1]["content"][0]["text"] if not isinstance(body["input"], str) else (
            "answer to " + body["input"])
        return {"id": "resp_1", "object": "response", "status": "completed", "model": body["model"],
                "output": [{"type": "message", "role": "assistant",
                            "content": [{"type": "output_text", "text": text, "annotations": []}]}],
                "usage": {"input_tokens": 22, "output_tokens": 3, "total_tokens": 25}}
    world.sim.answer = answer
    world.code(world.run(), 0)
    world.check_out()
    want(world.sim.own_batches()[0].endpoint == "/v1/responses", "endpoint")


@scenario("openai mistral")
def embeddings_endpoint(world):
    world.ids = ["a", "b"]
    world.write_lines(b"".join(json.dumps({"custom_id": name, "model": "emb", "endpoint": "embeddings",
                                           "input": "text of " + name}).encode() + b"\n" for name in world.ids))
    seen = []

    def answer(body):
        seen.append(body["input"])
        return {"object": "list", "model": "emb", "data": [{"object": "embedding", "index": 0, "embedding": [1, 2.5]}],
                "usage": {"prompt_tokens": 5, "total_tokens": 5}}
    world.sim.answer = answer
    world.code(world.run(), 0)
    rows = world.rows()
    want(all(rows[name]["status"] == "succeeded" for name in world.ids), "rows: %s" % str(rows)[:300])
    want(world.sim.own_batches()[0].endpoint == "/v1/embeddings", "endpoint")
