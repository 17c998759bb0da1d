#!/usr/bin/env python3
"""Writes docs/api.md from include/batchrouter.h, and checks that what the header promises to document it documents.

    header_docs.py HEADER ERRORS_PAGE >docs/api.md

Ends with 1 and says what is missing where a function has no comment, one with a status does not say what it returns, or
a status has no heading in ERRORS_PAGE."""
import re
import sys

FIELDS = ("Returns", "Ownership", "Threads", "Blocks", "Crash", "Since")
ANY_THREAD = {"br_router", "br_job", "br_error", "br_plan"}
INTRO = """# API reference

Written by scripts/generate-docs from `include/batchrouter.h`, which is the contract; this page is the same text, sorted.
[errors.md](errors.md) has a section for each status, [configuration.md](configuration.md) every setting, and
`examples/` programs to begin with.
"""


class Group:
    """A comment and the declarations below it."""

    def __init__(self, comment, code):
        self.code = code
        self.text, self.fields = split_comment(comment)
        self.functions = [(m.group(2), m.group(1)) for m in
                          re.finditer(r"BR_API ([\w \*]*?)\b(br_\w+)\(", " ".join(code.split()))]


def split_comment(lines):
    text, fields, current = [], {}, None
    for line in lines:
        found = re.match(r"(%s)\b:?\s+(.*)" % "|".join(FIELDS), line)
        sentence = re.search(r"\s*\b(?:Threads any\. )?Since 0\.(\d+)$", line)
        if sentence and not line.startswith("Since"):
            fields["Since"] = "0." + sentence.group(1)
            line = line[:sentence.start()]
            found = re.match(r"(%s)\b:?\s+(.*)" % "|".join(FIELDS), line)
        if found:
            current = found.group(1)
            fields[current] = found.group(2).strip()
        elif current and line.startswith("   "):
            fields[current] += " " + line.strip()
        elif line.strip() or text:
            current = None
            text.append(line)
    return "\n".join(text).strip(), fields


def comment_lines(block):
    lines = block.strip()[2:-2].split("\n")
    return [re.sub(r"^ \* ?", "", line).rstrip() if i else line.strip() for i, line in enumerate(lines)]


def sections(header):
    """[(title, [Group])], in the order of the header."""
    found, title, groups = [], "Statuses", []
    body = header[header.index("/* What a call came to."):header.rindex("#ifdef __cplusplus")]
    # A comment that begins a line, the declarations up to the next one or a blank line outside of braces.
    for block in re.split(r"\n(?=/\*)|\n\n(?! )", body):
        heading = re.match(r"/\* -+ ([\w ]+?) -+ \*/", block)
        if heading:
            found.append((title, groups))
            title, groups = heading.group(1), []
            continue
        comment = re.match(r"/\*.*?\*/", block, re.S)
        lines = comment_lines(comment.group(0)) if comment else []
        code = block[comment.end():].strip("\n") if comment else block.strip("\n")
        if code or lines:
            groups.append(Group(lines, code))
    found.append((title, groups))
    return found


def threads_of(code):
    handle = re.search(r"\((?:const )?(br_\w+) \*", " ".join(code.split()))
    if handle is None or handle.group(1) in ANY_THREAD:
        return "any"
    return "one at a time for each handle"


def markdown(text):
    text = re.sub(r"\b(br_\w+(?:\(\))?|BR_\w+)", r"`\1`", text)
    return text.replace("*", r"\*").replace("<", "&lt;")


def paragraphs(text):
    """Indented lines are code."""
    out, code = [], False
    for line in text.split("\n"):
        if line.startswith("  ") != code and line.strip():
            code = not code
            out.append("```text" if code else "```")
        out.append(line[2:] if code else markdown(line))
    if code:
        out.append("```")
    return "\n".join(out)


def show(group):
    out = []
    for name, _ in group.functions:
        out.append('<a id="%s"></a>' % name)
    if group.functions:
        out.append("### " + ", ".join("`%s`" % name for name, _ in group.functions) + "\n")
    if group.text:
        out.append(paragraphs(group.text) + "\n")
    if group.code:
        out.append("```c\n" + re.sub(r"\bBR_API ", "", group.code) + "\n```\n")
    if group.functions:
        defaults = {"Threads": threads_of(group.code), "Blocks": "no", "Since": "0.1"}
        for field in FIELDS:
            value = group.fields.get(field, defaults.get(field))
            if value:
                out.append("- **%s**: %s" % (field, markdown(value).rstrip(".")))
        out.append("")
    elif group.fields:
        out += ["- **%s**: %s" % (field, markdown(value)) for field, value in group.fields.items()] + [""]
    return "\n".join(out)


def rules(header):
    block = header[header.index("RULES, stated once"):header.index("#ifndef BATCHROUTER_H")]
    out, name, text = ["## Rules, stated once\n"], None, []

    def flush():
        if name:
            out.append("- **%s**: %s" % (name, markdown(" ".join(text))))

    for line in block.split("\n")[1:]:
        found = re.match(r" \* (\w[\w ]*?)(?:  +| (?=Borrowed|Names))(\w.*)", line)
        if found and not line.startswith(" *  "):
            flush()
            name, text = found.group(1), [found.group(2)]
        elif line.startswith(" *  "):
            text.append(line[2:].strip())
    flush()
    return "\n".join(out) + "\n"


def complaints(found, header, errors_page):
    for _, groups in found:
        for group in groups:
            for name, kind in group.functions:
                if name.endswith("_free"):
                    continue
                if not group.text and not group.fields:
                    yield "%s has no comment" % name
                elif kind.strip() == "br_status" and "Returns" not in group.fields and name != "br_job_error_code" \
                        and name != "br_error_code":
                    yield "%s does not say what it returns" % name
    known = set(re.findall(r"^  (BR_\w+) = -?\d+", header[:header.index("br_status_name")], re.M))
    described = set(re.findall(r"^## (BR_\w+)$", errors_page, re.M))
    for name in sorted(known - described):
        yield "docs/errors.md has no section about %s" % name
    for name in sorted(described - known):
        yield "docs/errors.md is about %s, which the header does not have" % name


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        header = file.read()
    with open(sys.argv[2], encoding="utf-8") as file:
        errors_page = file.read()
    found = sections(header)
    missing = list(complaints(found, header, errors_page))
    if missing:
        sys.exit("\n".join(missing))
    out = [INTRO, rules(header)]
    for title, groups in found:
        out.append("## %s\n" % title)
        out += [show(group) for group in groups]
    print("\n".join(out).rstrip())


if __name__ == "__main__":
    main()
