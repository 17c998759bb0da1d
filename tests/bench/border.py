#!/usr/bin/env python3
"""What a result costs from Go, Rust and C# over the same C calls made from C: id, status and text of stored results.

    border.py BUILD_DIR [--results N] [--rounds N] [--passes N]

BUILD_DIR holds the library and the program (src/); a release build for figures. Languages that are not there are left out.
Each program measures C and itself by turns, in one process, so that both meet the same machine. Nanoseconds of CPU for a
result:

    read    every result of a job, fetched in blocks of 256, asked, and freed
    again   one block that C has decoded already: the border alone
    copy    the same, with id and text as strings of the language; own: such copies of bytes that are the program's

Of few results the start would be measured: Go's sysmon wakes every 20 microseconds for the first milliseconds, .NET compiles.

"more" is over C, the median of the pairs; best, the difference of the shortest. "x own" is what copying adds to the C calls,
against own. What allows more than the issue is marked.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from statistics import median

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALLOWED_NS = {"Go": 15, "Rust": 12, "C#": 20}
ALLOWED_COPY = 1.2


def run(*words, **more):
    return subprocess.run([str(word) for word in words], check=True, **more)


def build_go(build, work):
    (work / "batchrouter.pc").write_text(
        f"Name: batchrouter\nDescription: a build tree\nVersion: 0\nLibs: -L{build}/src -lbatchrouter\nCflags: -I{ROOT}/include\n")
    run("go", "build", "-o", work / "go-border", "./benchmark/border", cwd=ROOT / "bindings/go",
        env=os.environ | {"PKG_CONFIG_PATH": str(work), "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOFLAGS": "-mod=mod"})
    return [work / "go-border"]


def build_rust(build, work):
    made = run("cargo", "bench", "--offline", "--quiet", "--no-run", "--bench", "border", "--message-format", "json",
               cwd=ROOT / "bindings/rust", stdout=subprocess.PIPE,
               env=os.environ | {"BATCHROUTER_LIB_DIR": f"{build}/src", "CARGO_TARGET_DIR": str(work / "rust")})
    return [next(file for file in (json.loads(line).get("executable") for line in made.stdout.splitlines()) if file)]


def build_csharp(_, work):
    run("dotnet", "build", "-c", "Release", "-v", "quiet", "-m:1", "--disable-build-servers", "benchmarks/Border",
        cwd=ROOT / "bindings/csharp", env=os.environ | {"BATCHROUTER_ARTIFACTS": str(work / "cs")}, stdout=subprocess.DEVNULL)
    return ["dotnet", work / "cs/bin/Border/release/Border.dll"]


LANGUAGES = {"Go": (build_go, "go"), "Rust": (build_rust, "cargo"), "C#": (build_csharp, "dotnet")}


def make_job(build, work, results):
    """A state directory with a job that is done, and the job's id."""
    program, state = f"{build}/src/cli/batchrouter", work / "state"
    with open(work / "requests.jsonl", "w", encoding="utf-8") as file:
        for i in range(results):
            message = {"role": "user", "content": f"Question {i}"}
            print(json.dumps({"custom_id": f"r{i}", "model": "gpt-4o-mini", "messages": [message]}), file=file)
    with subprocess.Popen([program, "emulate", "--json", "--polls", "2"], stdout=subprocess.PIPE) as emulator:
        try:
            url = json.loads(emulator.stdout.readline())["base_urls"]["openai"]
            run(program, "run", work / "requests.jsonl", "-o", work / "out.jsonl", "--provider", "openai", "--base-url", url,
                "--state-dir", state, "--poll-interval", "50ms", "--split", "-q", env=os.environ | {"OPENAI_API_KEY": "key"})
        finally:
            emulator.kill()
    listed = run(program, "list", "--json", "--state-dir", state, stdout=subprocess.PIPE)
    return state, json.loads(listed.stdout)["jobs"][0]["id"]


def measure(commands, library, job, build, options):
    """All figures of each language by name."""
    figures = {language: defaultdict(list) for language in commands}
    # As in a program that did something before it read results: glibc then gives no memory back between two blocks.
    environment = os.environ | {"LD_LIBRARY_PATH": f"{build}/src", "MALLOC_TRIM_THRESHOLD_": str(1 << 26),
                                "BATCHROUTER_LIBRARY": f"{build}/src/libbatchrouter.so.0"}
    for _ in range(options.rounds):
        for language, command in commands.items():
            said = run(*command, library, *job, options.passes, env=environment, stdout=subprocess.PIPE, text=True)
            for line in said.stdout.splitlines():
                name, nanoseconds = line.split()
                figures[language][name].append(float(nanoseconds))
    return figures


def more(found, name):
    """Over C: the median of the pairs, and the difference of the shortest."""
    return median(a - b for a, b in zip(found[name], found["c." + name])), min(found[name]) - min(found["c." + name])


def report(figures):
    print("          C read   more   best    C again   more   best     copy    own  x own")
    for language, found in figures.items():
        read, again = more(found, "read"), more(found, "again")
        times = median((a - b) / c for a, b, c in zip(found["copy"], found["c.again"], found["own"]))
        marks = [f"{name} > {allowed}" for name, value, allowed in
                 (("border", again[0], ALLOWED_NS[language]), ("copy", times, ALLOWED_COPY)) if value > allowed]
        print(f"{language:6} {median(found['c.read']):9.1f} {read[0]:6.1f} {read[1]:6.1f} {median(found['c.again']):10.1f}"
              f" {again[0]:6.1f} {again[1]:6.1f} {median(found['copy']):8.1f} {median(found['own']):6.1f} {times:6.2f}"
              f"  {', '.join(marks)}")
    for language, found in figures.items():
        if "results" in found:
            print(f"{language}, every result the easy way, with copies that may be kept: {median(found['results']):.1f}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("build", type=pathlib.Path)
    arguments.add_argument("--results", type=int, default=100000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--passes", type=int, default=11)
    options = arguments.parse_args()
    build = options.build.resolve()
    with tempfile.TemporaryDirectory(prefix="batchrouter-border-") as name:
        work = pathlib.Path(name)
        library = work / "libborder.so"
        run("cc", "-O2", "-shared", "-fPIC", f"-I{ROOT}/include", ROOT / "tests/bench/border.c", "-o", library,
            f"-L{build}/src", "-lbatchrouter")
        commands = {name: make(build, work) for name, (make, tool) in LANGUAGES.items() if shutil.which(tool)}
        if not commands:
            sys.exit("there is neither go nor cargo nor dotnet")
        report(measure(commands, library, make_job(build, work, options.results), build, options))


if __name__ == "__main__":
    main()
