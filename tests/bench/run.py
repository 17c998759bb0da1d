#!/usr/bin/env python3
"""Speed as a ratio in one interleaved run: convert and decode against copying the same lines, a whole job against the
prototype and the Node SDK script, all on the generator's data and its mock vendor.

    run.py --program BATCHROUTER [--shared ../shared] [--sizes 1000,50000] [--rounds 5] [--work DIR]

Needs python3, g++, libcurl and simdjson; the Node row needs node and the npm package openai in bench/peers.
The Node script syncs nothing; how far a job is ahead of it depends on the disk, whose own time is a row.
Each command runs once a round, one warm-up round before; wall, CPU (user + system) and peak memory are medians."""
import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def to_unified(source, target):
    """The generator's requests in the unified format of docs/format.md."""
    with open(source, encoding="utf-8") as lines, open(target, "w", encoding="utf-8") as out:
        for line in lines:
            old = json.loads(line)
            params = old["params"]
            messages = []
            for message in old["messages"]:
                parts = []
                for part in message["contents"]:
                    if part["modality"] == "text":
                        parts.append({"type": "text", "text": part["text"]})
                    else:
                        parts.append({"type": "image", "source_type": "base64", "media_type": "image/png",
                                      "data": part["image_base64"]})
                messages.append({"role": message["role"], "content": parts})
            new = {"custom_id": old["custom_id"], "model": params["model_id"], "messages": messages}
            if params["system_prompt"]:
                new["system_prompt"] = params["system_prompt"]
            new["generation_config"] = {"max_tokens": params["max_output_tokens"],
                                        "temperature": params["temperature"]}
            out.write(json.dumps(new, ensure_ascii="\\u" in line, separators=(",", ":")) + "\n")


def measure(command, env):
    """Wall seconds, CPU seconds, peak memory in MB of one run."""
    start = time.monotonic()
    with open(os.devnull, "wb") as nothing:
        child = subprocess.Popen(["/bin/sh", "-c", "exec " + command], stdout=nothing, env=env)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    # The mock's data holds rows that fail, which is exit code 3 of a whole job.
    if child.returncode not in (0, 3):
        sys.exit("failed with %d: %s" % (child.returncode, command))
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6


def interleaved(title, commands, rounds, env):
    """commands: [(label, command)]; ratios are to the first."""
    seen = {label: [] for label, _ in commands}
    for number in range(rounds + 1):
        for label, command in commands:
            figures = measure(command, env)
            if number:
                seen[label].append(figures)
    print("\n%s\n\n| command | wall s (min..max) | cpu s | peak MB | wall ratio | cpu ratio |\n|---|---|---|---|---|---|" % title)
    base = seen[commands[0][0]]
    for label, _ in commands:
        rows = seen[label]
        wall, cpu, peak = (statistics.median(row[i] for row in rows) for i in range(3))
        ratios = [statistics.median(row[i] / max(first[i], 1e-9) for row, first in zip(rows, base)) for i in range(2)]
        print("| %s | %.3f (%.3f..%.3f) | %.3f | %.1f | %.2f | %.2f |" % (
            label, wall, min(r[0] for r in rows), max(r[0] for r in rows), cpu, peak, *ratios))
    sys.stdout.flush()


def synced_prototype(bench):
    """The prototype that keeps what the library keeps, as durably: the requests, the vendor's rows, the results with the
    vendor's answer in each, and these once more as the user's file; on the disk before it goes on, less the vendor's rows,
    of which everything is in the results."""
    def changed(name, changes):
        with open(os.path.join(bench, "json", name), encoding="utf-8") as text:
            code = text.read()
        for old, new in changes:
            if code.count(old) != 1:
                sys.exit("%s has changed: %s" % (name, old))
            code = code.replace(old, new)
        return code

    common = changed("common.h", (
        ("uint64_t total = 0;\n", "uint64_t total = 0; int twin = -1;\n"),
        (" o += r; } total += n; n = 0; }",
         " o += r; } if (twin >= 0 && ::write(twin, b, n) != (ssize_t)n) exit(1); total += n; n = 0; }")))
    return changed("proto.cpp", (
        ("#include \"common.h\"", common.replace("#pragma once", "")),
        ("o.flush(); close(o.fd); free(o.b); free(in.buf)",
         "o.flush(); if (fdatasync(o.fd)) return 5; close(o.fd); free(o.b); free(in.buf)"),
        ("uint64_t n = 0; };", "uint64_t n = 0; Out *rows = nullptr; };"),
        ("auto *d = (Dec *)u; const char", "auto *d = (Dec *)u; d->rows->put({p, n}); d->out->put({p, n}); const char"),
        ("Dec d; d.out = &o;", "Dec d; d.out = &o; Out rows((tmp + \".out\").c_str()), spool((tmp + \".results\").c_str()); "
         "d.rows = &rows; o.twin = spool.fd;"),
        ("o.flush(); unlink(tmp.c_str());",
         "o.flush(); rows.flush(); if (fdatasync(spool.fd) || fsync(o.fd)) return 5; unlink(tmp.c_str()); "
         "unlink((tmp + \".out\").c_str()); unlink((tmp + \".results\").c_str());")))


def build(shared, work):
    flags = ["g++", "-O3", "-march=x86-64-v2", "-w"]
    bench = os.path.join(shared, "bench")
    for source, name, libraries in (("json/sj.cpp", "copy", ["-lsimdjson"]), ("mock/mock.cpp", "mock", ["-pthread"]),
                                    ("json/proto.cpp", "prototype", ["-lsimdjson", "-lcurl"])):
        target = os.path.join(work, name)
        if not os.path.exists(target):
            subprocess.run(flags + ["-std=c++17", os.path.join(bench, source), "-o", target] + libraries, check=True)
    target = os.path.join(work, "prototype_synced")
    if not os.path.exists(target):
        with open(target + ".cpp", "w", encoding="utf-8") as code:
            code.write(synced_prototype(bench))
        subprocess.run(flags + ["-std=c++17", "-I", os.path.join(bench, "json"), target + ".cpp", "-o", target,
                                "-lsimdjson", "-lcurl"], check=True)


def bench_size(options, size, work, env):
    data = os.path.join(work, "d%d" % size)
    if not os.path.exists(os.path.join(data, "ours.jsonl")):
        subprocess.run([sys.executable, os.path.join(options.shared, "bench/gen/gen.py"), data, str(size), "--kinds",
                        "unified,openai_in,openai_out"], check=True)
        to_unified(os.path.join(data, "unified.jsonl"), os.path.join(data, "ours.jsonl"))
    program, copy = options.program, os.path.join(work, "copy")
    ours, native = os.path.join(data, "ours.jsonl"), os.path.join(data, "openai_out.jsonl")
    interleaved("convert, %d requests" % size, [
        ("copy lines", "%s copy %s /dev/null" % (copy, ours)),
        ("batchrouter convert", "%s convert %s --provider openai -o /dev/null" % (program, ours))], options.rounds, env)
    interleaved("decode, %d rows" % size, [
        ("copy lines", "%s copy %s /dev/null" % (copy, native)),
        ("batchrouter decode", "%s decode %s --provider openai -o /dev/null" % (program, native))], options.rounds, env)
    with mock_vendor(work, data) as url:
        whole_job(options, size, data, work, env, url)


def disk_alone(size, directory):
    """A command that does nothing but put so many bytes on the disk."""
    return "dd if=/dev/zero of=%s/floor bs=1M count=%d conv=fdatasync 2>/dev/null" % (directory, size >> 20)


@contextlib.contextmanager
def mock_vendor(work, data):
    """The address of the mock while it runs."""
    port = 20000 + os.getpid() % 20000
    mock = subprocess.Popen([os.path.join(work, "mock"), "--port", str(port), "--dir", data, "--polls", "2"],
                            stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        yield "http://127.0.0.1:%d" % port
    finally:
        mock.terminate()
        mock.wait()


def whole_job(options, size, data, work, env, url):
    run = "sh -c 'rm -rf {w}/s{k} && exec {p} run {d}/ours.jsonl -o {w}/out{k} --state-dir {w}/s{k} --provider openai " \
          "--base-url {u}/v1 --poll-interval 10ms -q {x}'"
    fill = dict(w=work, p=options.program, d=data, u=url)
    without_audit = run.format(k="a", x="--set audit.files=0", **fill)
    commands = [("prototype, synced", "%s/prototype_synced %s %s/unified.jsonl %s/out_synced" % (work, url, data, work)),
                ("prototype", "%s/prototype %s %s/unified.jsonl %s/out_proto" % (work, url, data, work)),
                ("run, no audit files", without_audit),
                ("run, four audit files", run.format(k="b", x="", **fill))]
    # What must be on the disk before a run may end: the request file, the results, and these once more in OUT.
    measure(without_audit, env)
    durable = os.path.getsize(os.path.join(data, "openai_in.jsonl")) + 2 * os.path.getsize(os.path.join(work, "outa"))
    commands.append(("the disk alone, %d MB" % (durable // 1000000), disk_alone(durable, work)))
    if options.node:
        shutil.copy(os.path.join(options.shared, "bench/peers/node_openai.mjs"), options.node)
        commands.append(("Node SDK", "node %s/node_openai.mjs %s %s/unified.jsonl %s/out_node" % (
            options.node, url, data, work)))
    interleaved("a whole job, %d requests, polled every 10 ms" % size, commands, options.rounds, env)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--program", required=True)
    parser.add_argument("--shared", default=os.path.join(here, "../../../shared"))
    parser.add_argument("--sizes", default="1000,50000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", help="keep data and programs there")
    parser.add_argument("--node", help="a directory with the npm package openai installed: adds the Node SDK script")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    if not os.path.isdir(os.path.join(options.shared, "bench")):
        sys.exit("SKIPPED: %s/bench is missing" % options.shared)
    env = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI_")}
    env["OPENAI_API_KEY"] = "bench"
    with tempfile.TemporaryDirectory() as temporary:
        work = os.path.abspath(options.work or temporary)
        os.makedirs(work, exist_ok=True)
        build(options.shared, work)
        for size in options.sizes.split(","):
            bench_size(options, int(size), work, env)


if __name__ == "__main__":
    main()
