"""Batch objects as vendors send them: words in any case, unknown words, fields that are missing, null or odd."""
from harness import ALL, OPENAI_FAMILY, Script, scenario, want
from sim_base import iso


@scenario(ALL)
def status_words_in_upper_case(world):
    world.write(6)
    words = {"validating": "VALIDATING", "in_progress": "IN_PROGRESS", "finalizing": "Finalizing",
             "completed": "COMPLETED"}
    if world.vendor == "anthropic":
        words = {"in_progress": "IN_PROGRESS", "completed": "ENDED"}
    if world.vendor == "mistral":
        words = {"validating": "queued", "in_progress": "running", "completed": "success"}
    if world.vendor == "together":
        words = {"validating": "validating", "in_progress": "In_Progress", "completed": "completed"}
    if world.vendor == "google":
        words = {"validating": "JOB_STATE_PENDING", "in_progress": "job_state_running",
                 "completed": "JOB_STATE_SUCCEEDED"}
    world.sim.scripts = [Script(words=words)]
    world.code(world.run(), 0)
    world.check_out()


@scenario(ALL)
def status_words_unknown(world):
    world.write(6)
    world.sim.scripts = [Script(words={"validating": "warming_up", "in_progress": "", "finalizing": "WRITING_IT_DOWN"})]
    world.code(world.run(), 0)
    world.check_out()


@scenario(ALL)
def cancelled_spelt_with_one_l(world):
    if world.vendor == "anthropic":
        return
    world.write(4)
    word = "BATCH_STATE_CANCELED" if world.vendor == "google" else "canceled"
    world.sim.scripts = [Script(phases=("validating", "cancelled"), words={"cancelled": word},
                                outcome=lambda index, row: "missing")]
    world.code(world.run(), 3)
    world.check_out(lambda name: "cancelled")


KEPT = {"openai": ("id", "status", "output_file_id"), "groq": ("id", "status", "output_file_id"),
        "together": ("id", "status", "output_file_id"), "mistral": ("id", "status", "output_file"),
        "anthropic": ("id", "processing_status"), "google": ("name", "done", "response")}


@scenario(ALL)
def fields_missing(world):
    """Only what nobody can do without is there."""
    def patch(value, batch):
        less = {name: value[name] for name in KEPT[world.vendor] if name in value}
        if world.vendor == "google":
            less["metadata"] = {"state": value["metadata"]["state"]}
        return less
    world.write(6)
    world.sim.scripts = [Script(patch=patch)]
    world.code(world.run(), 0)
    world.check_out()


@scenario(ALL)
def fields_null_or_of_another_type(world):
    def patch(value, batch):
        odd = {}
        for name, old in value.items():
            keep = name in KEPT[world.vendor] or name in ("input_file_id", "input_files", "metadata", "results_url")
            odd[name] = old if keep else [None, "", 17, {}, [], "x"][len(name) % 6]
        if world.vendor == "google":
            odd["metadata"] = {name: old if name in ("state", "output", "displayName") else None
                               for name, old in value["metadata"].items()}
        return odd
    world.write(6)
    world.sim.scripts = [Script(patch=patch)]
    world.code(world.run(), 0)
    world.check_out()


@scenario(OPENAI_FAMILY + " mistral")
def times_in_iso(world):
    def patch(value, batch):
        return {name: iso(batch.created, 7) if name.endswith("_at") and old else old for name, old in value.items()}
    world.write(6)
    world.sim.scripts = [Script(patch=patch)]
    world.code(world.run(), 0)
    world.check_out()


@scenario(OPENAI_FAMILY)
def file_ids_empty_strings(world):
    def patch(value, batch):
        return {name: "" if name in ("output_file_id", "error_file_id") and old is None else old
                for name, old in value.items()}
    world.write(6)
    world.sim.scripts = [Script(patch=patch)]
    world.code(world.run(), 0)
    world.check_out()
