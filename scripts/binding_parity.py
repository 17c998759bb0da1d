#!/usr/bin/env python3
"""Writes the parity table of bindings/README.md: for each function of the header, what calls it in Go, Rust and C#.

    binding_parity.py HEADER BINDINGS_DIR >README.md

Copies BINDINGS_DIR/README.md with the part below the line MARK written anew. Ends with 1 and names the function where a
binding neither has it nor gives, in its parity test, the reason why not."""
import collections
import glob
import os
import re
import sys

MARK = "## Parity"
INTRO = """
Written by scripts/generate-docs from `include/batchrouter.h`: what of each binding calls the function; "inside" where it is
no single one. A dash has its reason in the binding's parity test, which fails for a function that is missing.

| C | Go | Rust | C# |
|---|---|---|---|
"""
MAX_NAMES = 2   # of those that call one function
MAX_DEPTH = 3   # from a public function to the call, through private ones
# The types that stand for a noun of the header, where their name is another.
TYPES = {"error": ("error", "batchrouterexception"), "result": ("result", "resultview", "resultitem"),
         "results": ("results", "resultreader"), "config": ("config", "routeroptions"), "job": ("job", "status"),
         "status": ()}

# name: as callers write it; shown: as the table does, None where it is private.
Function = collections.namedtuple("Function", "name shown body")


def read(path):
    with open(path, encoding="utf-8") as text:
        return text.read()


def code(path):
    return re.sub(r"^\s*//.*$|/\*.*?\*/", "", read(path), flags=re.M | re.S if path.endswith((".c", ".h")) else re.M)


def blocks(text, head):
    """(match of `head`, what follows up to the next one), for each place where a line begins with `head`."""
    found = list(re.finditer(head, text, re.M))
    for match, after in zip(found, found[1:] + [None]):
        yield match, text[match.end():after.start() if after else len(text)]


def go_functions(directory):
    for path in sorted(glob.glob(os.path.join(directory, "*.go"))):
        if path.endswith(("_test.go", "nocgo.go")):
            continue
        for struct, fields in re.findall(r"^type ([A-Z]\w*) struct \{(.*?)\}", code(path), re.M | re.S):
            for names in re.findall(r"(?:^|;)\s*([A-Z]\w*(?:, \w+)*) ", fields, re.M):
                for name in names.split(", "):
                    yield Function(name, struct + "." + name, "")
        for match, body in blocks(code(path), r"^func (?:\(\w* ?\*?(\w+)(?:\[\w+\])?\) )?(\w+)"):
            receiver, name = match.groups()
            public = name[0].isupper() and (receiver or name)[0].isupper()
            yield Function(name, (receiver + "." if receiver else "") + name if public else None, body)
    for path in sorted(glob.glob(os.path.join(directory, "*.[ch]"))):
        for match, body in blocks(code(path), r"^(?:static )?(?:inline )?[\w ]+[ *](\w+)\([^;{]*\{"):
            yield Function(match.group(1), None, body)


def rust_functions(directory):
    member = r"^( *)(pub(?:\([a-z]+\))? )?(?:async )?(?:unsafe )?(?:extern \"C\" )?(?:const )?fn (\w+)"
    for path in sorted(glob.glob(os.path.join(directory, "batchrouter/src/*.rs"))):
        text = code(path)
        owners = [(m.start(), m.group(1), m.group(2)) for m in
                  re.finditer(r"^impl(?:<[^{\n]*?>)? (?:(?:[\w:]+::)?(\w+)(?:<[^{\n]*?>)? for )?&?(?:'\w+ )?(?:mut )?(\w+)|^fn |^pub fn ",
                              text, re.M)]
        for match, body in blocks(text, member):
            indent, visible, name = match.groups()
            trait, owner = next(((t, o) for start, t, o in reversed(owners) if start <= match.start()), (None, None))
            if not indent:
                trait, owner = None, None
            public = visible == "pub " or (trait and owner)
            shown = "::".join(filter(None, (owner, "drop" if trait == "Drop" else name))) if public else None
            yield Function(name, shown, body)


def csharp_functions(directory):
    member = (r"^    (?:\[[^\n]*\]\n    )*(public|internal|private|protected)[\w ]*? (?:[\w<>?\[\], .()*]+ )?"
              r"(~?\w+)(?:<\w+>)?(\(| =>|$|\n| \{)")
    for path in sorted(glob.glob(os.path.join(directory, "src/**/*.cs"), recursive=True)):
        if os.path.basename(path).startswith("NativeMethods"):
            continue
        text = code(path)
        owners = [(m.start(), m.group(2), "public" in (m.group(1) or "")) for m in
                  re.finditer(r"^((?:\w+ )*)(?:class|struct|interface|enum) (\w+)|^(?:\w+ )*record struct (\w+)", text, re.M)]
        for match, body in blocks(text, member):
            access, name, _ = match.groups()
            if name in ("class", "struct", "record"):
                continue
            _, owner, visible = next((o for o in reversed(owners) if o[0] <= match.start()), (0, None, False))
            if name == "ReleaseHandle":
                yield Function(name, owner + ".Dispose", body)
                continue
            public = access == "public" and visible
            shown = (owner if name == owner else "%s.%s" % (owner, name)) if public else None
            yield Function(owner if name == owner else name, shown, body)


def public_callers(functions, wanted):
    """The public functions that call `wanted`, through as few private ones as can be; none where many do so."""
    names = collections.Counter(function.name for function in functions)
    words, seen = {wanted}, set()
    for depth in range(MAX_DEPTH):
        pattern = re.compile(r"\b(?:%s)\b" % "|".join(map(re.escape, words)))
        calling = [f for f in functions if f not in seen and pattern.search(f.body)]
        shown = sorted({f.shown for f in calling if f.shown})
        if shown:
            return shown if depth == 0 or len(shown) <= MAX_NAMES else []
        seen.update(calling)
        words = {f.name for f in calling if names[f.name] == 1}  # of others the name does not tell which is called
        if not words:
            break
    return []


def plain(name):
    return name.replace("_", "").lower()


def namesakes(functions, wanted):
    """What is called as `wanted` is: Job.Count for br_job_count, NewJob or Job::new or Job for br_job_new."""
    noun, _, verb = wanted[len("br_"):].partition("_")
    verb, types = plain(verb), TYPES.get(noun, (noun,))
    found = []
    for function in functions:
        owner, _, name = (function.shown or "").replace("::", ".").rpartition(".")
        owner, name = plain(owner), re.sub("^is", "", plain(name))
        if owner in types and name in (verb, re.sub("^(is|set|add)", "", verb)):
            found.append((types.index(owner), name != verb, function.shown))
        if verb == "new" and (name in types or not owner and name[len("new"):] in types):
            found.append((0, False, function.shown))
    return [min(found)[2]] if found else []



def excused(pattern, path):
    return set(re.findall(pattern, read(path)))


def mentions(directory, extensions):
    """Every name of the header in a binding's own sources."""
    paths = [path for extension in extensions
             for path in glob.glob(os.path.join(directory, "**/*" + extension), recursive=True)]
    return {name for path in paths if "test" not in path.lower() for name in re.findall(r"\bbr_\w+", code(path))}


def main():
    header, directory = read(sys.argv[1]), sys.argv[2]
    declared = re.findall(r"^BR_API [^;()]*?\b(br_\w+)\(", header, re.M)
    go, rust, csharp = (os.path.join(directory, name) for name in ("go", "rust", "csharp"))
    languages = [
        ("Go", list(go_functions(go)), mentions(go, (".go", ".c", ".h")),
         excused(r'"(br_\w+)": +"', os.path.join(go, "parity_test.go"))),
        ("Rust", list(rust_functions(rust)), mentions(os.path.join(rust, "batchrouter"), (".rs",)),
         excused(r'\("(br_\w+)"', os.path.join(rust, "batchrouter/tests/parity.rs"))),
        ("C#", list(csharp_functions(csharp)), mentions(os.path.join(csharp, "src"), (".cs",)),
         excused(r'\["(br_\w+)"\]', os.path.join(csharp, "tests/BatchRouter.Tests/ParityTests.cs"))),
    ]
    rows, missing = [], []
    for name in declared:
        cells = []
        for language, functions, called, excuses in languages:
            callers = namesakes(functions, name) or public_callers(functions, name)
            if name.endswith("_free"):
                callers = []  # the owner's business in each of them
            if name not in called and name not in excuses:
                missing.append("%s: %s is not bound" % (language, name))
            shown = ", ".join("`%s`" % caller for caller in callers[:MAX_NAMES])
            cells.append(shown or ("inside" if name in called else "–"))
        rows.append("| `%s` | %s |\n" % (name, " | ".join(cells)))
    if missing or len(declared) < 100:
        sys.exit("\n".join(missing) or "the header was not understood")
    page = read(os.path.join(directory, "README.md"))
    sys.stdout.write(page.split(MARK)[0].rstrip() + "\n\n" + MARK + "\n" + INTRO + "".join(rows))


if __name__ == "__main__":
    main()
