"""What lies in the state directory, read, changed and put back as a bad disk or a careless hand does it."""
import glob
import json
import os
import re
import shutil
import sqlite3


def spool(world, name, job="*"):
    """The one file of that name of a job, or of the only job."""
    (path,) = glob.glob(os.path.join(world.state, "spool", job, name))
    return path


def read(path):
    with open(path, "rb") as held:
        return held.read()


def change(path, how):
    """In place, so that its other names (audit files are hard links) show it too; returns what it held."""
    data = read(path)
    changed = how(data)
    assert changed != data, "nothing of %s changes: %r" % (path, data[:300])
    with open(path, "wb") as held:
        held.write(changed)
    return data


def put(path, data):
    with open(path, "wb") as held:
        held.write(data)
    os.chmod(path, 0o600)


def lines_of(data):
    return data.split(b"\n")[:-1]


def joined(lines):
    return b"".join(line + b"\n" for line in lines)


def first_lines_swapped(data):
    lines = lines_of(data)
    return joined([lines[1], lines[0], *lines[2:]])


def question_changed(name, other):
    """One letter of what that request asks."""
    return lambda data: data.replace(b"q-" + name + b'"', b"q-" + other + b'"')


def answer_changed(name, other):
    return lambda data: data.replace(b"answer to q-" + name, b"answer to q-" + other)


def id_changed(name, other):
    """The request of that id under another one; what it asks stays."""
    return lambda data: re.sub(b'(?<!"q-)' + name + b'"', other + b'"', data)


def remove_database(world):
    for path in glob.glob(os.path.join(world.state, "state.db*")):
        os.remove(path)


def keep_database(world):
    """A copy of the database as it is, for put_back_database."""
    copies = {path: read(path) for path in glob.glob(os.path.join(world.state, "state.db*"))}
    return copies


def put_back_database(world, copies):
    remove_database(world)
    for path, data in copies.items():
        put(path, data)


def batch_records(world, job):
    """What the database holds about the job's batches, in the order of its parts."""
    base = sqlite3.connect(os.path.join(world.state, "state.db"))
    try:
        found = base.execute("select record from batches where job_id = ? order by part", (job,)).fetchall()
    finally:
        base.close()
    return [json.loads(record) for (record,) in found]


def set_batch_record(world, record):
    """Another record, whole and with its own checksum, in place of the only batch's."""
    base = sqlite3.connect(os.path.join(world.state, "state.db"))
    base.execute("update batches set record = ?", (record,))
    base.commit()
    base.close()


def raw_batch_record(world):
    base = sqlite3.connect(os.path.join(world.state, "state.db"))
    try:
        ((record,),) = base.execute("select record from batches").fetchall()
    finally:
        base.close()
    return record


def swap_spools(world, first, second):
    names = [os.path.join(world.state, "spool", name) for name in (first, second)]
    aside = os.path.join(world.dir, ".aside")
    os.rename(names[0], aside)
    os.rename(names[1], names[0])
    os.rename(aside, names[1])


def forget(world):
    shutil.rmtree(world.state)
    if os.path.exists(world.output):
        os.remove(world.output)
