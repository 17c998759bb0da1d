#!/usr/bin/env python3
"""A whole job from C, Go, Rust and C#: wall time and CPU of the process against the C program's, and peak memory.

The first figure of a line is a job of ten requests: what a language takes to start. Times are the shortest and the median of
all rounds. On a machine that does other things too, the CPU says more than the wall time.

    languages.py BUILD_DIR [--requests N] [--rounds N] [--made]

--made: the requests are made by the program, one by one, instead of read from a file.

BUILD_DIR holds the library and the program (src/); a release build for figures. Languages that are not there are left out.
"""

import argparse
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from statistics import median

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETTINGS = ["openai.api_key=key", "poll.interval_ms=20", "poll.max_interval_ms=40", "audit.files=0"]


def run(*words, **more):
    subprocess.run([str(word) for word in words], check=True, **more)


def build_c(build, work):
    run("cc", "-O2", f"-I{ROOT}/include", ROOT / "tests/bench/job.c", "-o", work / "job", f"-L{build}/src", "-lbatchrouter")
    return [work / "job"]


def build_go(build, work):
    (work / "batchrouter.pc").write_text(
        f"Name: batchrouter\nDescription: a build tree\nVersion: 0\nLibs: -L{build}/src -lbatchrouter\nCflags: -I{ROOT}/include\n")
    run("go", "build", "-o", work / "go-job", "./benchmark/job", cwd=ROOT / "bindings/go",
        env=os.environ | {"PKG_CONFIG_PATH": str(work), "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOFLAGS": "-mod=mod"})
    return [work / "go-job"]


def build_rust(build, work):
    run("cargo", "build", "--offline", "--quiet", "--release", "--example", "job", cwd=ROOT / "bindings/rust",
        env=os.environ | {"BATCHROUTER_LIB_DIR": f"{build}/src", "CARGO_TARGET_DIR": str(work / "rust")})
    return [work / "rust/release/examples/job"]


def build_csharp(build, work):
    run("dotnet", "build", "-c", "Release", "-v", "quiet", "--disable-build-servers", "benchmarks/Job",
        cwd=ROOT / "bindings/csharp", env=os.environ | {"BATCHROUTER_ARTIFACTS": str(work / "cs")}, stdout=subprocess.DEVNULL)
    return ["dotnet", work / "cs/bin/Job/release/Job.dll"]


def build_csharp_aot(build, work):
    """The same program, compiled ahead of time: no runtime to start, nothing left to compile."""
    run("dotnet", "publish", "-c", "Release", "-r", "linux-x64", "-o", work / "cs-aot", "-v", "quiet", "-p:PublishAot=true",
        f"-p:CppCompilerAndLinker={shutil.which('clang') or 'gcc'}", "--disable-build-servers", "benchmarks/Job",
        cwd=ROOT / "bindings/csharp", env=os.environ | {"BATCHROUTER_ARTIFACTS": str(work / "cs-aot-made")},
        stdout=subprocess.DEVNULL)
    return [work / "cs-aot/Job"]


LANGUAGES = {"C": (build_c, "cc"), "Go": (build_go, "go"), "Rust": (build_rust, "cargo"), "C#": (build_csharp, "dotnet"),
             "C# AOT": (build_csharp_aot, "dotnet")}


def one_job(command, build, work, requests):
    """Seconds, seconds of CPU and peak memory in MB of one job, on an emulator and a state directory of its own."""
    library = f"{build}/src"
    with tempfile.TemporaryDirectory() as state, subprocess.Popen(
            [f"{build}/src/cli/batchrouter", "emulate", "--json", "--polls", "2"], stdout=subprocess.PIPE) as emulator:
        try:
            url = json.loads(emulator.stdout.readline())["base_urls"]["openai"]
            words = [str(word) for word in command] + SETTINGS + [f"openai.base_url={url}", f"state_dir={state}/state"]
            environment = os.environ | {"LD_LIBRARY_PATH": library, "BATCHROUTER_LIBRARY": f"{library}/libbatchrouter.so.0"}
            with open(f"{state}/answers", "wb") as answers:
                began = time.monotonic()
                process = subprocess.Popen(words, cwd=work, env=environment, stdout=answers)
                _, status, usage = os.wait4(process.pid, 0)
                seconds = time.monotonic() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            with open(f"{state}/answers", "rb") as answers:
                count = sum(b": answer to " in line for line in answers)
            if process.returncode or count != requests:
                sys.exit(f"{command[0]}: exit code {process.returncode}, {count} answers")
            return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        finally:
            emulator.kill()


def measure(commands, build, work, requests, options):
    """All runs of each. One of each in a round, so that a slow minute of the machine is everybody's."""
    with open(work / "requests.jsonl", "w", encoding="utf-8") as file:
        for i in range(requests):
            message = {"role": "user", "content": f"Question {i}"}
            print(json.dumps({"custom_id": f"r{i}", "model": "gpt-4o-mini", "messages": [message]}), file=file)
    runs = {language: [] for language in commands}
    source = requests if options.made else work / "requests.jsonl"
    for _ in range(options.rounds):
        for language, command in commands.items():
            runs[language].append(one_job([*command, source], build, work, requests))
    return runs


def columns(runs):
    return list(zip(*runs))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("build", type=pathlib.Path)
    arguments.add_argument("--requests", type=int, default=50000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--made", action="store_true", help="the program makes the requests")
    options = arguments.parse_args()
    build = options.build.resolve()
    with tempfile.TemporaryDirectory(prefix="batchrouter-languages-") as name:
        work = pathlib.Path(name)
        commands = {name: make(build, work) for name, (make, tool) in LANGUAGES.items() if shutil.which(tool)}
        start = measure(commands, build, work, min(10, options.requests), options)
        jobs = measure(commands, build, work, options.requests, options)
        print("       start s   wall s: best median     x C    CPU s: best median     x C     MB")
        c_wall, c_cpu, _ = columns(jobs["C"])
        for language, runs in jobs.items():
            wall, cpu, memory = columns(runs)
            print(f"{language:6} {min(columns(start[language])[0]):7.2f} {min(wall):14.2f} {median(wall):6.2f}"
                  f" {median(wall) / median(c_wall):7.2f} {min(cpu):14.2f} {median(cpu):6.2f} {median(cpu) / median(c_cpu):7.2f}"
                  f" {max(memory):6.1f}")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
