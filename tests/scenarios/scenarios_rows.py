"""What a vendor's result rows and batch objects may look like, and what has to come of it."""
import json
import re

from harness import ALL, FILE_BASED, Script, is_row_of, scenario, want


@scenario(ALL)
def plain(world):
    world.write(25)
    world.code(world.run(), 0)
    world.check_out()
    world.check_response_untouched()
    world.one_batch()


@scenario(ALL)
def one_request(world):
    world.write(1)
    world.code(world.run(), 0)
    world.check_out()


@scenario(ALL)
def rows_reordered(world):
    world.write(40)
    world.sim.scripts = [Script(order="reverse")]
    world.code(world.run(), 0)
    world.check_out()


@scenario(ALL)
def rows_duplicated(world):
    """The first counts, also when a later one says something else."""
    def twice(kind, lines):
        return lines + [line.replace(b"answer to", b"another answer to") for line in lines[:3]]
    world.write(8)
    world.sim.scripts = [Script(mangle=twice)]
    world.code(world.run(), 0)
    world.check_out()


@scenario(ALL)
def rows_missing(world):
    world.write(8)
    world.sim.scripts = [Script(outcome=lambda index, row: "missing" if index in (1, 6) else "ok")]
    world.code(world.run(), 3)
    rows = world.check_out(lambda name: "errored" if name in ("r1", "r6") else "succeeded")
    want(rows["r1"]["error"].get("type") == "missing", "type: %s" % rows["r1"]["error"])


@scenario(ALL)
def rows_unknown(world):
    def more(kind, lines):
        return [line.replace(b"r0", b"never-asked") for line in lines if is_row_of(line, "r0")] + lines
    world.write(8)
    world.sim.scripts = [Script(mangle=more)]
    world.code(world.run(), 0)
    world.check_out()


@scenario(ALL)
def rows_malformed(world):
    def damage(kind, lines):
        return [line[:len(line) // 2] if is_row_of(line, "r3") else line for line in lines] + [b"}{ not json", b"[]", b"17"]
    world.write(8)
    world.sim.scripts = [Script(mangle=damage)]
    world.code(world.run(), 3)
    rows = world.check_out(lambda name: "errored" if name == "r3" else "succeeded")
    want(rows["r3"]["error"].get("type") in ("malformed", "missing"), "type: %s" % rows["r3"]["error"])


@scenario(ALL)
def rows_invalid_utf8(world):
    """Whether the row counts as damaged or is mended, what we write is valid UTF-8."""
    def damage(kind, lines):
        return [line.replace(b"answer to", b"answer \xff\xfe to") if is_row_of(line, "r2") else line for line in lines]
    world.write(5)
    world.sim.scripts = [Script(mangle=damage)]
    world.code(world.run(), 0, 3)
    rows = world.rows()
    want(set(rows) == set(world.ids), "ids in OUT: %s" % sorted(rows))
    want(rows["r2"]["status"] == "errored" or "answer" in rows["r2"]["text"], "r2: %s" % rows["r2"])


@scenario(ALL)
def rows_with_bom_crlf_blank_lines(world):
    def dress(kind, data, fetch):
        return b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n\r\n   \r\n").rstrip()
    world.write(6)
    world.sim.scripts = [Script(joined=dress)]
    world.code(world.run(), 0)
    world.check_out()


@scenario(ALL)
def rows_with_nul_escapes(world):
    world.write(4)
    world.texts["r1"] = "nul \u0000 and \U0001f600 and \u2028"
    lines = [json.dumps(world.request(name, world.texts.get(name))) for name in world.ids]
    world.write_lines("\n".join(lines).encode() + b"\n")
    world.code(world.run(), 0)
    world.check_out()


@scenario(ALL)
def cut_cleanly_once_then_whole(world):
    world.write(30)
    world.sim.scripts = [Script(joined=lambda kind, data, fetch: data[:len(data) * 2 // 3] if fetch == 1 else data)]
    world.code(world.run(), 0)
    world.check_out()


@scenario(ALL)
def cut_cleanly_for_ever(world):
    world.write(9)
    world.sim.scripts = [Script(order="none", joined=lambda kind, data, fetch: data[:len(data) - 20])]
    world.code(world.run(), 3)
    world.check_out(lambda name: "errored" if name == "r8" else "succeeded")


@scenario(ALL)
def results_told_late(world):
    world.write(8)
    world.sim.scripts = [Script(late=3)]
    world.code(world.run(), 0)
    world.check_out()


@scenario(ALL)
def all_rows_errored(world):
    world.write(8)
    world.sim.scripts = [Script(outcome=lambda index, row: "error")]
    world.code(world.run(), 3)
    rows = world.check_out(lambda name: "errored")
    want(re.search("no good: (br-.*-)?r4$", rows["r4"]["error"]["message"]), "reason: %s" % rows["r4"]["error"])


@scenario(ALL)
def some_rows_errored(world):
    world.write(20)
    world.sim.scripts = [Script(outcome=lambda index, row: "error" if index % 3 == 0 else "ok")]
    world.code(world.run(), 3)
    rows = world.check_out(lambda name: "errored" if int(name[1:]) % 3 == 0 else "succeeded")
    want(re.search("no good: (br-.*-)?r3$", rows["r3"]["error"]["message"]), "reason: %s" % rows["r3"]["error"])
    if world.vendor in ("openai", "groq", "mistral"):
        want(rows["r3"]["error"].get("http_status") == 400, "http_status: %s" % rows["r3"]["error"])


def partial(world, state, kind):
    world.write(10)
    phases = ("validating", "in_progress", state)
    world.sim.scripts = [Script(phases=phases, outcome=lambda index, row: "ok" if index < 4 else kind)]
    if world.vendor == "anthropic" and state != "completed":
        world.sim.scripts[0].phases[-1] = "completed"
    world.code(world.run(), 3)
    world.check_out(lambda name: "succeeded" if int(name[1:]) < 4 else kind)


@scenario(ALL)
def expired_with_partial_results(world):
    partial(world, "expired", "expired")


@scenario(ALL)
def cancelled_at_the_vendor_with_partial_results(world):
    partial(world, "cancelled", "cancelled")


@scenario(ALL)
def cancelled_without_any_result(world):
    world.write(5)
    phases = ("validating", "completed" if world.vendor == "anthropic" else "cancelled")
    kind = "cancelled" if world.vendor == "anthropic" else "missing"
    world.sim.scripts = [Script(phases=phases, outcome=lambda index, row: kind)]
    world.code(world.run(), 3)
    world.check_out(lambda name: "cancelled")


@scenario(FILE_BASED)
def expired_without_any_result(world):
    world.write(5)
    world.sim.scripts = [Script(phases=("validating", "expired"), outcome=lambda index, row: "missing")]
    world.code(world.run(), 3)
    world.check_out(lambda name: "expired")


@scenario(FILE_BASED)
def batch_failed_in_validation(world):
    world.write(5)
    world.sim.scripts = [Script(phases=("validating", "failed"))]
    world.code(world.run(), 1, 3)
    rows = world.check_out(lambda name: "errored")
    want("not supported" in rows["r0"]["error"]["message"], "the vendor's reason: %s" % rows["r0"]["error"])


@scenario(FILE_BASED)
def failed_batch_with_rows(world):
    """A failed batch may still have rows; they were paid for."""
    world.write(6)

    def patch(value, batch):
        if batch.state == "failed" and world.vendor != "google":
            world.sim.make_files(batch)
            names = ("output_file", "error_file") if world.vendor == "mistral" else ("output_file_id", "error_file_id")
            value[names[0]], value[names[1]] = batch.output_id, batch.error_id
        elif batch.state == "failed":
            world.sim.fill_results(batch, value, value["metadata"], value["metadata"]["batchStats"])
        return value
    world.sim.scripts = [Script(phases=("validating", "failed"), patch=patch,
                                outcome=lambda index, row: "ok" if index < 2 else "missing")]
    world.code(world.run(), 1, 3)
    world.check_out(lambda name: "succeeded" if name in ("r0", "r1") else "errored")


@scenario(ALL)
def row_without_usage_and_odd_fields(world):
    """A row that answers, with everything optional gone, is a success."""
    def strip(kind, lines):
        out = []
        for line in lines:
            value = json.loads(line)
            inner = value["result"]["message"] if world.vendor == "anthropic" else value["response"]
            inner = inner.get("body", inner)
            for name in ("usage", "usageMetadata", "id", "created", "object", "modelVersion", "model"):
                inner.pop(name, None)
            value.pop("error", None)
            out.append(json.dumps(value).encode())
        return out
    world.write(4)
    world.sim.scripts = [Script(mangle=strip)]
    world.code(world.run(), 0)
    rows = world.rows()
    want(all(rows[name]["text"] == "answer to q-" + name for name in world.ids), "texts: %s" % str(rows)[:300])
    want(len(rows) == 4, "rows: %d" % len(rows))


@scenario(ALL)
def a_row_of_five_megabytes(world):
    world.write(3)
    world.texts["r1"] = "x" * 5_000_000
    lines = [json.dumps(world.request(name, world.texts.get(name))) for name in world.ids]
    world.write_lines("\n".join(lines).encode() + b"\n")
    world.code(world.run(), 0)
    world.check_out()
