"""convert and decode against bodies and results worked out independently in convert_cases and decode_cases."""
import json
import os

from convert_cases import CASES, SAME, Refused, expected, meaning
from decode_cases import ROWS
from harness import MODELS, add, want

VENDORS = ("openai", "anthropic", "google", "mistral", "together", "groq", "vllm")
URL = "/v1/chat/completions"
SHAPES = {"openai": {"custom_id", "method", "url", "body"}, "anthropic": {"custom_id", "params"},
          "google": {"key", "request"}, "mistral": {"custom_id", "body"}, "together": {"custom_id", "body"}}


def body_of(vendor, line):
    value = json.loads(line)
    want(set(value) == SHAPES.get(vendor, SHAPES["openai"]), "line has %s" % sorted(value))
    want(value.get("custom_id", value.get("key")) == "r1", "the id is %r" % value)
    if "url" in value:
        want(value["url"] == URL and value["method"] == "POST", "url %s" % value["url"])
    return value.get("body", value.get("params", value.get("request")))


def same(got, wanted):
    """Equal by meaning; SAME stands for whatever was chosen."""
    if wanted is SAME:
        return got is not None
    if isinstance(wanted, dict):
        return isinstance(got, dict) and set(got) == set(wanted) and all(same(got[n], wanted[n]) for n in wanted)
    if isinstance(wanted, (list, tuple)):
        return isinstance(got, (list, tuple)) and len(got) == len(wanted) and all(map(same, got, wanted))
    return got == wanted and isinstance(got, bool) == isinstance(wanted, bool)


def convert(world, case):
    vendor, request = world.vendor, dict(CASES[case], custom_id="r1", model=MODELS[world.vendor])
    world.write_lines(json.dumps(request).encode() + b"\n")
    done = world.plain("convert", world.input, "--provider", vendor)
    try:
        wanted = expected(vendor, request)
    except Refused as field:
        want(done.code == 2 and str(field) in done.err, "has to be refused by its name %s: %r" % (field, done))
        return
    world.code(done, 0)
    got = meaning(vendor, body_of(vendor, done.out), "body" in CASES[case])
    if vendor == "mistral" and "body" not in CASES[case]:
        got.setdefault("model", request["model"])
    if vendor == "google" and "body" not in CASES[case]:
        got.pop("model", None)
    want(same(got, wanted), "got %s\nwanted %s" % (json.dumps(got), wanted))


for one_vendor in VENDORS:
    for one_case in CASES:
        add(one_vendor, "convert-" + one_case, convert, case=one_case)


def decode(world, case):
    row, wanted = ROWS[world.vendor][case]
    world.write_lines((row if isinstance(row, str) else json.dumps(row)).encode() + b"\n")
    done = world.plain("decode", world.input, "--provider", world.vendor)
    want(done.code in (0, 3), "%r" % done)
    lines = done.out.splitlines()
    want(len(lines) == 1, "%d lines: %r" % (len(lines), done))
    got = json.loads(lines[0])
    for name, value in wanted.items():
        if name == "error":
            error = got.get("error") or {}
            for inner, inner_value in value.items():
                have = error.get(inner)
                fits = inner_value in str(have) if isinstance(inner_value, str) else have == inner_value
                want(fits, "error.%s is %r, not %r" % (inner, have, inner_value))
        elif name == "usage":
            have = {key: number for key, number in (got.get("usage") or {}).items() if number}
            want(have == value, "usage %r, not %r" % (have, value))
        elif name == "finish_reason":
            want(got.get(name) in value, "finish_reason %r, not %r" % (got.get(name), value))
        elif name == "tool_calls":
            check_calls(got.get("tool_calls"), value)
        else:
            want(got.get(name) == value, "%s is %r, not %r" % (name, got.get(name), value))


def check_calls(got, wanted):
    """[(name, arguments)]: arguments may be JSON text or an object."""
    have = []
    for call in got or []:
        function = call.get("function", call)
        arguments = function.get("arguments", function.get("input", function.get("args")))
        have.append((function["name"], json.loads(arguments) if isinstance(arguments, str) else arguments))
    want(have == wanted, "tool_calls %r, not %r" % (got, wanted))


for one_vendor in VENDORS:
    for one_case in ROWS[one_vendor]:
        add(one_vendor, "decode-" + one_case, decode, case=one_case)


def big_numbers(world):
    """What is spliced through keeps every digit."""
    world.write_lines(b'{"custom_id":"r1","model":"m","messages":[{"role":"user","content":"x"}],"provider_kwargs":'
                      b'{"metadata_n":12345678901234567890123,"f":1.10000000000000000000000001,"e":1e400}}\n')
    done = world.code(world.plain("convert", world.input, "--provider", world.vendor), 0)
    for number in ("12345678901234567890123", "1.10000000000000000000000001", "1e400"):
        want(number in done.out, "%s was changed: %r" % (number, done.out))


def offline(world):
    """Neither verb needs a key, a network or a state directory."""
    world.write(3)
    before = sorted(os.listdir(world.dir))
    done = world.code(world.plain("convert", world.input, "--provider", world.vendor, env={"OPENAI_API_KEY": ""}), 0)
    want(len(done.out.splitlines()) == 3, "lines: %r" % done.out)
    want(sorted(os.listdir(world.dir)) == before, "left behind: %s" % os.listdir(world.dir))
    world.nothing_sent()


for one_vendor in VENDORS:
    add(one_vendor, "convert-big-numbers", big_numbers)
for one_vendor in VENDORS[:-1]:
    add(one_vendor, "convert-offline", offline)
