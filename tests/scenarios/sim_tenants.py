"""Who else works at a simulated vendor: other projects with keys of their own, and strangers in the project itself."""
import contextlib
import json
import re

from sim_base import KEY, Script

OTHER_KEY = "sk-scenario-of-another-project-8Kd2WqPz"
ROTATED_KEY = "sk-scenario-rotated-Yb5NcT1eHs-do-not-leak"
TOUCHES = ("cancel", "delete", "delete_job")


def caller_id(wire_id):
    """The caller's id behind one on the wire: a vendor that keeps no marker gets the job's tag before it."""
    return re.sub("^br-[a-z2-7]{12}-", "", wire_id)


class Projects:
    """Each project sees its own batches and files only; a key opens one of them."""

    def __init__(self):
        self.of_key = {KEY: "main"}
        self.worlds = {}

    def admits(self, key):
        return key in self.of_key

    @contextlib.contextmanager
    def seen_by(self, sim, key):
        name = self.of_key.get(key, "main")
        if name == "main":
            yield
            return
        own = sim.batches, sim.files
        sim.batches, sim.files = self.worlds.setdefault(name, ({}, {}))
        try:
            yield
        finally:
            sim.batches, sim.files = own

    def batches(self):
        return [batch for batches, _ in self.worlds.values() for batch in batches.values()]


def ask_otherwise(value):
    """The same request with another question in it."""
    return json.loads(re.sub('"q-', '"a stranger asks ', json.dumps(value)))


def make_strange(batch, plain_ids=True):
    """What was made becomes another program's: other questions, nothing of ours to know it by."""
    batch.foreign = True
    batch.rows = [(caller_id(row[0]) if plain_ids else row[0], ask_otherwise(row[1])) for row in batch.rows]
    for name, value in (("metadata", {}), ("display", "somebody else's"), ("input_file_id", "file-of-a-stranger"),
                        ("input_files", ["0b6f7a52-0000-4000-8000-000000000000"])):
        if hasattr(batch, name):
            setattr(batch, name, value)
    return batch


def stranger(sim, request, script=None):
    """Another program's batch that looks like the one of this create call: made now, as many rows, the same ids."""
    with sim.lock:
        before = set(sim.batches)
        sim.do_create(request)
        (name,) = set(sim.batches) - before
        batch = make_strange(sim.batches[name])
        batch.script = script or Script()
        batch.state = batch.script.phases[0]
        return batch


def strangers_touched(sim):
    """Calls that cancelled or deleted what another program made."""
    names = [batch.id.split("/")[-1] for batch in sim.batches.values() if getattr(batch, "foreign", False)]
    return ["%s %s" % (name, request.path) for name, request, _ in sim.calls if name in TOUCHES
            and any(foreign in request.path for foreign in names)]
