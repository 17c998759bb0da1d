"""State directories as text: made by record_legacy.py with an older version, put back by scenarios_legacy.py.

A fixture holds the rows of the database, the lines of the other files, and what the simulated vendor has. What is JSON
stands there as JSON where writing it out gives the same bytes. Addresses and directories are placeholders. All times
move with the clock, so that the state is always an hour old.
"""
import contextlib
import json
import os
import re
import sqlite3
import time

from sim_base import Batch, Script

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "legacy")
SCHEMA = os.path.join(FOLDER, "schema.sql")
AGE_MS = 3_600_000
ORIGIN, DIRECTORY = "@ORIGIN@", "@DIR@"
DATABASE = ("state.db", "state.db-wal", "state.db-shm")
TIME = re.compile(r'(?<=_ms":)(\d{13})\b')  # of a record
SIMULATED = ("script", "result", "lists", "fetches", "polls", "rows")  # of a batch: what is made anew
STYLES = ({"separators": (",", ":")}, {})  # the program's and Python's


def names(vendor):
    return sorted(name[len(vendor) + 1:-len(".json")] for name in os.listdir(FOLDER) if name.startswith(vendor + "-"))


def write_json(value, style=0):
    return json.dumps(value, ensure_ascii=False, **STYLES[style])


def folded(line):
    """A line as what it holds, where that gives the same line again: the program's style bare, Python's in a list."""
    for style, wrap in ((0, lambda value: value), (1, lambda value: [value])):
        with contextlib.suppress(ValueError):
            value = json.loads(line)
            if isinstance(value, dict) and write_json(value, style) + "\n" == line:
                return wrap(value)
    return line


def unfolded(value):
    if isinstance(value, str):
        return value
    return (write_json(value[0], 1) if isinstance(value, list) else write_json(value)) + "\n"


def fold_lines(text):
    return [folded(line) for line in text.splitlines(keepends=True)]


def unfold_lines(lines):
    return "".join(map(unfolded, lines))


# ---- writing ----

def dump_table(database, table):
    rows = [list(row) for row in database.execute("SELECT * FROM %s ORDER BY 1, 2" % table)]
    for row in rows:
        record = json.loads(row[-1])
        if write_json(record) != row[-1]:
            raise SystemExit("a record that cannot be written as it was: " + row[-1])
        row[-1] = record
    return rows


def dump_files(state):
    files, seen = {}, {}
    for folder, folders, leaves in os.walk(state):
        folders.sort(reverse=True)  # spool first: audit files are links to it
        if not folders and not leaves:
            files[os.path.relpath(folder, state) + "/"] = []
        for leaf in sorted(leaves):
            path = os.path.join(folder, leaf)
            name = os.path.relpath(path, state)
            if name in DATABASE:
                continue
            inode = os.stat(path).st_ino
            if inode in seen:
                files.setdefault(name, seen[inode])
                continue
            seen[inode] = name
            with open(path, encoding="utf-8", newline="") as file:
                files[name] = fold_lines(file.read())
    # A link is written behind what it names.
    return dict(sorted(files.items(), key=lambda item: isinstance(item[1], str)))


def rows_of(lines, model):
    """[(id, native body)] of a request file."""
    rows = []
    for value in lines:
        body = dict(value.get("body") or value.get("params") or value.get("request"))
        rows.append((value.get("custom_id", value.get("key")), dict(body, model=model) if model else body))
    return rows


def dump_vendor(sim, files):
    """What is a request file in spool as well is only named."""
    def spool_of(lines):
        return next((name for name in files if name.endswith(".requests.jsonl") and files[name] == lines), None)

    batches, kept = [], []
    for batch in sim.batches.values():
        value = {k: v for k, v in vars(batch).items() if k not in SIMULATED}
        rows = [tuple(row) for row in batch.rows]
        model = batch.model if sim.vendor == "mistral" else None
        value["rows"] = next((name for name, lines in files.items() if name.endswith(".requests.jsonl")
                              and rows_of(lines, model) == rows), rows)
        if batch.script.errors:
            value["errors"] = batch.script.errors
        if batch.result is not None:
            value["result"] = [[row[0], kind] for row, kind in batch.result]
        batches.append(value)
    for file in sim.files.values():
        value = {k: v for k, v in file.items() if k not in ("batch", "fetches")}
        lines = fold_lines(bytes(file["data"]).decode())
        value["data"] = spool_of(lines) or lines
        if "batch" in file:
            value["batch"] = file["batch"].id
        kept.append(value)
    return {"batches": batches, "files": kept}


def write_fixture(value, depth=0):
    """Readable and small: the outer levels one item a line."""
    if depth == 3 or not value or not isinstance(value, (dict, list)):
        return write_json(value)
    if isinstance(value, dict):
        items, ends = [write_json(k) + ":" + write_fixture(v, depth + 1) for k, v in value.items()], "{}"
    else:
        items, ends = [write_fixture(item, depth + 1) for item in value], "[]"
    return ends[0] + "\n" + ",\n".join(items) + "\n" + ends[1]


def save(world, name):
    with contextlib.closing(sqlite3.connect(os.path.join(world.state, "state.db"))) as database:
        schema = [row[0] + ";\n" for row in database.execute(
            "SELECT sql FROM sqlite_master WHERE sql <> '' ORDER BY rowid")]
        version = database.execute("PRAGMA user_version").fetchone()[0]
        jobs, batches = dump_table(database, "jobs"), dump_table(database, "batches")
    with open(SCHEMA, "w", encoding="utf-8") as file:
        file.write("".join(schema) + "PRAGMA user_version=%d;\n" % version)
    files = dump_files(world.state)
    ended = all(row[-1]["done"] for row in jobs)  # then nobody asks the vendor any more
    fixture = {"at_ms": int(time.time() * 1000), "ids": world.ids, "jobs": jobs, "batches": batches, "files": files,
               "vendor": {"batches": [], "files": []} if ended else dump_vendor(world.sim, files)}
    text = write_fixture(fixture)
    for real, placeholder in ((world.sim.origin, ORIGIN), (world.dir, DIRECTORY)):
        text = text.replace(real, placeholder)
    with open(os.path.join(FOLDER, "%s-%s.json" % (world.vendor, name)), "w", encoding="utf-8") as file:
        file.write(text + "\n")
    return len(text)


# ---- reading ----

def put_folder(path):
    if not os.path.isdir(path):
        put_folder(os.path.dirname(path))
        os.mkdir(path, 0o700)


def put_files(state, files):
    for name, content in files.items():
        path = os.path.join(state, name)
        put_folder(os.path.dirname(path))
        if isinstance(content, str):
            os.link(os.path.join(state, content), path)
        elif not name.endswith("/"):
            with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8", newline="") as file:
                file.write(unfold_lines(content))


def put_database(state, fixture, later_ms):
    def record(value):
        return TIME.sub(lambda found: str(int(found.group(1)) + later_ms), write_json(value))

    path = os.path.join(state, "state.db")
    is_new = not os.path.exists(path)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    with contextlib.closing(sqlite3.connect(path)) as database, open(SCHEMA, encoding="utf-8") as schema:
        if is_new:
            database.executescript(schema.read())
        for job, provider, created_ms, settled, value in fixture["jobs"]:
            database.execute("INSERT INTO jobs VALUES(?,?,?,?,?)",
                             (job, provider, created_ms + later_ms, settled, record(value)))
        for job, part, batch, value in fixture["batches"]:
            database.execute("INSERT INTO batches VALUES(?,?,?,?)", (job, part, batch, record(value)))
        database.commit()
        database.execute("PRAGMA journal_mode=WAL")


def put_vendor(sim, fixture, later_ms):
    files = fixture["files"]
    for value in fixture["vendor"]["batches"]:
        rows, result = value.pop("rows"), value.pop("result", None)
        if isinstance(rows, str):
            rows = rows_of(files[rows], value["model"] if sim.vendor == "mistral" else None)
        rows = [tuple(row) for row in rows]
        value["created"] += later_ms / 1000
        batch = Batch(value.pop("number"), rows, Script(errors=value.pop("errors", None)), **value)
        if result is not None:
            by_id = {row[0]: row for row in rows}
            batch.result = [(by_id[name], kind) for name, kind in result]
        sim.batches[batch.id] = batch
    for value in fixture["vendor"]["files"]:
        lines = files[value["data"]] if isinstance(value["data"], str) else value["data"]
        value.update(data=unfold_lines(lines).encode(), fetches=0, created=value["created"] + later_ms / 1000)
        if "batch" in value:
            value["batch"] = sim.batches[value["batch"]]
        sim.files[value["id"]] = value


def input_of(fixture):
    """What the oldest job was given: it is kept with each part."""
    oldest = min(fixture["jobs"], key=lambda row: row[2])[0]
    parts = sorted(name for name in fixture["files"] if name.startswith("spool/" + oldest) and "unified" in name)
    return "".join(unfold_lines(fixture["files"][name]) for name in parts)


def put_back(world, name, home=None):
    """Fills the world's state directory, its input and its simulator; OUT is in home. May be done with several."""
    with open(os.path.join(FOLDER, "%s-%s.json" % (world.vendor, name)), encoding="utf-8") as file:
        text = file.read()
    fixture = json.loads(text.replace(ORIGIN, world.sim.origin).replace(DIRECTORY, home or world.dir))
    later_ms = int(time.time() * 1000) - AGE_MS - fixture["at_ms"]
    put_folder(world.state)
    put_files(world.state, fixture["files"])
    put_database(world.state, fixture, later_ms)
    put_vendor(world.sim, fixture, later_ms)
    world.ids = fixture["ids"]
    world.write_lines(input_of(fixture).encode())
