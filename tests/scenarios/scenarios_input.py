"""Bad input: exit 2, file:line:column and why, nothing sent, nothing left behind."""
import json
import os
import re

from harness import add, scenario, want

GOOD = {"custom_id": "r1", "model": "m", "messages": [{"role": "user", "content": "hi"}]}


def line(**changes):
    value = dict(GOOD, **changes)
    return json.dumps({name: item for name, item in value.items() if item != "DROP"}).encode()


def generation(**fields):
    return line(generation_config=fields)


def content(*parts):
    return line(messages=[{"role": "user", "content": list(parts)}])


# name -> (the bad line, a word its message has to hold)
BAD = {
    "not-json": (b"{not json", ""),
    "truncated-json": (b'{"custom_id":"r1","model":"m","messages":[{"role":"user"', ""),
    "array-line": (b"[1,2]", ""),
    "two-values-in-a-line": (line() + b" {}", ""),
    "no-custom-id": (line(custom_id="DROP"), "custom_id"),
    "empty-custom-id": (line(custom_id=""), "custom_id"),
    "number-custom-id": (line(custom_id=7), "custom_id"),
    "no-model": (line(model="DROP"), "model"),
    "empty-model": (line(model=""), "model"),
    "no-messages": (line(messages="DROP"), "messages"),
    "empty-messages": (line(messages=[]), "messages"),
    "messages-not-a-list": (line(messages="hi"), "messages"),
    "unknown-role": (line(messages=[{"role": "robot", "content": "x"}]), "role"),
    "result-of-no-call": (line(messages=[{"role": "tool", "tool_call_id": "c", "content": "x"}]), "tool result"),
    "no-role": (line(messages=[{"content": "x"}]), "role"),
    "no-content": (line(messages=[{"role": "user"}]), "content"),
    "empty-content-list": (line(messages=[{"role": "user", "content": []}]), "content"),
    "unknown-part": (content({"type": "smell", "data": "x"}), "type"),
    "part-without-text": (content({"type": "text"}), "text"),
    "unknown-source-type": (content({"type": "image", "source_type": "ftp", "data": "x"}), "source_type"),
    "part-without-data": (content({"type": "image", "source_type": "url"}), "data"),
    "temperature-too-high": (generation(temperature=2.1), "temperature"),
    "temperature-negative": (generation(temperature=-0.1), "temperature"),
    "temperature-text": (generation(temperature="hot"), "temperature"),
    "max-tokens-zero": (generation(max_tokens=0), "max_tokens"),
    "max-tokens-fraction": (generation(max_tokens=1.5), "max_tokens"),
    "top-p-too-high": (generation(top_p=1.1), "top_p"),
    "penalty-too-low": (generation(presence_penalty=-2.1), "presence_penalty"),
    "stop-not-texts": (generation(stop_sequences=[1]), "stop_sequences"),
    "unknown-generation-field": (generation(temprature=1), "temprature"),
    "unknown-field": (line(modle="x"), "modle"),
    "provider-kwargs-not-an-object": (line(provider_kwargs=[1]), "provider_kwargs"),
    "top-k-on-openai": (generation(top_k=4), "top_k"),
    "duplicate-custom-id": (line(custom_id="r0"), "r0"),
    "lone-surrogate": (b'{"custom_id":"r1","model":"m","messages":[{"role":"user","content":"\\ud800"}]}', ""),
    "invalid-utf8": (b'{"custom_id":"r1","model":"m","messages":[{"role":"user","content":"\xff"}]}', ""),
    "bad-escape": (b'{"custom_id":"r1","model":"m","messages":[{"role":"user","content":"\\q"}]}', ""),
    "raw-control-character": (b'{"custom_id":"r1","model":"m","messages":[{"role":"user","content":"\x01"}]}', ""),
    "bad-number": (b'{"custom_id":"r1","model":"m","messages":[{"role":"user","content":"a"}],"seed":01}', ""),
    "overlong-utf8": (b'{"custom_id":"r1","model":"m","messages":[{"role":"user","content":"\xc0\xaf"}]}', ""),
    "unknown-provider": (line(provider="nobody"), "nobody"),
    "unknown-endpoint": (line(endpoint="telepathy"), "endpoint"),
    "nul-byte": (b"\x00", ""),
}


def bad(world, data, word):
    good = json.dumps(world.request("r0")).encode()
    world.write_lines(good + b"\n\n" + data + b"\n" + json.dumps(world.request("r9")).encode() + b"\n")
    done = world.code(world.run(), 2)
    want(re.search(r"in\.jsonl:3:\d+: \S", done.err), "no file:line:column: %r" % done.err)
    want(word in done.err, "stderr does not name %s: %r" % (word, done.err))
    world.nothing_sent()
    want(not os.path.exists(world.output), "OUT is there")
    want(not os.path.exists(world.state) or not [f for _, _, f in os.walk(world.state) if f], "left behind: %s" % list(
        os.walk(world.state)))
    validated = world.plain("validate", world.input, "--provider", world.vendor)
    want(validated.code == 2 and re.search(r"in\.jsonl:3:\d+: ", validated.err), "validate: %r" % validated)


for label, (bytes_of_line, name_of_field) in BAD.items():
    add("openai", "bad-input-" + label, bad, data=bytes_of_line, word=name_of_field)


def refused(world, request, word):
    """What a vendor cannot take is refused by name, line and field before anything is sent."""
    request = dict(request)
    world.write_lines(json.dumps(world.request("r0")).encode() + b"\n" + json.dumps(
        dict(world.request("r1"), **request)).encode() + b"\n")
    done = world.code(world.run(), 2)
    want("in.jsonl:2:" in done.err and word in done.err, "stderr: %r" % done.err)
    world.nothing_sent()


IMAGE = {"type": "image", "source_type": "url", "media_type": "image/png", "data": "https://example.org/a.png"}
DOCUMENT = dict(IMAGE, type="document", media_type="application/pdf", data="https://example.org/a.pdf")
AUDIO = {"type": "audio", "source_type": "base64", "media_type": "audio/wav", "data": "UklGRg=="}


def parts(*extra):
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}, *extra]}]}


for one_vendor, label, bad_request, field in (
        ("anthropic", "presence-penalty", {"generation_config": {"presence_penalty": 1}}, "presence_penalty"),
        ("anthropic", "frequency-penalty", {"generation_config": {"frequency_penalty": 1}}, "frequency_penalty"),
        ("anthropic", "temperature-above-one", {"generation_config": {"temperature": 1.5}}, "temperature"),
        ("anthropic", "seed", {"seed": 7}, "seed"), ("anthropic", "audio", parts(AUDIO), "audio"),
        ("openai", "document-by-url", parts(DOCUMENT), "document"), ("groq", "audio", parts(AUDIO), "audio"),
        ("groq", "top-k", {"generation_config": {"top_k": 4}}, "top_k"),
        ("mistral", "top-k", {"generation_config": {"top_k": 4}}, "top_k"),
        ("mistral", "temperature-above-1.5", {"generation_config": {"temperature": 1.8}}, "temperature"),
        ("together", "document", parts(DOCUMENT), "document"),
        ("google", "six-stop-sequences", {"generation_config": {"stop_sequences": list("abcdef")}}, "stop_sequences"),
        ("openai", "five-stop-sequences", {"generation_config": {"stop_sequences": list("abcde")}}, "stop_sequences")):
    add(one_vendor, "refused-" + label, refused, request=bad_request, word=field)


@scenario("openai anthropic")
def unsupported_field_dropped_on_demand(world):
    world.ids = ["a"]
    field = "top_k" if world.vendor == "openai" else "presence_penalty"
    world.write_lines(json.dumps(world.request("a", generation_config={field: 1, "temperature": 0.5})).encode() + b"\n")
    done = world.code(world.run("--on-unsupported", "drop"), 0)
    world.check_out()
    want(field in done.err, "dropped without a word: %r" % done.err)
    want(field not in world.sim.own_batches()[0].rows[0][1], "was sent")


@scenario("openai")
def empty_file(world):
    for data in (b"", b"\n\n  \n", b"\xef\xbb\xbf"):
        world.write_lines(data)
        done = world.code(world.run(), 2)
        want("no requests" in done.err, "stderr: %r" % done.err)
    world.nothing_sent()
    want(not os.path.exists(world.state) or not [f for _, _, f in os.walk(world.state) if f], "left behind")


@scenario("openai")
def all_wrong_lines_are_reported(world):
    world.write_lines(b"".join([line(custom_id="")] * 1 + [b"{bad"] * 1 + [line(model="")]).replace(
        b"}{bad", b"}\n{bad\n") + b"\n")
    done = world.code(world.run(), 2)
    for number in (1, 2, 3):
        want("in.jsonl:%d:" % number in done.err, "line %d is not reported: %r" % (number, done.err))


@scenario("openai")
def a_hundred_wrong_lines_then_a_count(world):
    world.write_lines((line(custom_id="") + b"\n") * 250)
    done = world.code(world.run(), 2)
    reported = len(re.findall(r"in\.jsonl:\d+:", done.err))
    want(reported == 100, "%d lines reported" % reported)
    want("250" in done.err or "150" in done.err, "no count: %r" % done.err[-200:])


@scenario("openai")
def duplicate_names_the_id_and_both_lines(world):
    world.write_lines(line(custom_id="twin") + b"\n" + line(custom_id="x") + b"\n" + line(custom_id="twin") + b"\n")
    done = world.code(world.run(), 2)
    want("twin" in done.err and "in.jsonl:3:" in done.err and re.search(r"line 1\b|:1\b", done.err),
         "stderr: %r" % done.err)


@scenario("openai")
def a_late_bad_line_stops_everything(world):
    """Nothing is sent for the 20,000 good lines before it."""
    with open(world.input, "w") as file:
        for number in range(20_000):
            file.write(json.dumps(world.request("r%d" % number)) + "\n")
        file.write("{\n")
    done = world.code(world.run(), 2)
    want("in.jsonl:20001:" in done.err, "stderr: %r" % done.err[-300:])
    world.nothing_sent()
    want(not os.path.exists(world.state) or not [f for _, _, f in os.walk(world.state) if f], "left behind")


@scenario("openai")
def nulls_are_absent(world):
    world.ids = ["a", "b"]
    world.write_lines(b"".join(json.dumps(world.request(name, system_prompt=empty, tools=None, seed=None, endpoint=None,
        response_format=None, provider_kwargs=None, provider=None,
        generation_config={"max_tokens": None, "temperature": 0.5})).encode() + b"\n"
        for name, empty in (("a", None), ("b", ""))))
    world.code(world.run(), 0)
    world.check_out()
    for _, body in world.sim.own_batches()[0].rows:
        want(set(body) == {"model", "messages", "temperature"}, "body: %s" % body)
        want([message["role"] for message in body["messages"]] == ["user"], "messages: %s" % body)
