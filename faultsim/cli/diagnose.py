"""``faultsim diagnose``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from faultsim.cli.diagnosis_text import diagnosis_text
from faultsim.cli.output import print_json, printable, say
from faultsim.cli.vectors import load_record_folder
from faultsim.vectors.dictionary_file import read_dictionary
from faultsim.vectors.part_diagnosis import Diagnosis, diagnose
from faultsim.vectors.record import SetRecord, read_record
from faultsim.vectors.response_check import believed
from faultsim.vectors.responses import read_responses


def run(run: Path, responses: Path, out: Path | None, top: int, further: bool, json: bool) -> None:
    """Say which defects explain what a tester saw of each part, and which vector to apply next.

    Raises:
        UsageError: There are no vectors, or no dictionary of them.
        SpecError: The responses cannot be read, or are none to these vectors.
    """
    folder = load_record_folder(run, out)
    record = read_record(folder, _makes(run, out))
    dictionary = read_dictionary(folder, _makes(run, out, record))
    found = believed(responses, read_responses(responses), record, dictionary)
    for warning in found.warnings:
        say(warning)
    diagnoses = [diagnose(record, dictionary, part, further) for part in found.lot.parts]
    if json:
        print_json([_record(one, top) for one in diagnoses])
        return
    purposes = {vector.name: vector.purpose for vector in record.vectors}
    print(printable("\n\n".join(diagnosis_text(one, purposes, top) for one in diagnoses)))


def _makes(run: Path, out: Path | None, record: SetRecord | None = None) -> str:
    """Return the command that makes a folder of vectors, as far as that is known."""
    command = shlex.join(["faultsim", "vectors", str(run), *([] if out is None else ["--out", str(out)])])
    others = [] if record is None else [Path(campaign).stem for campaign in record.campaigns]
    return command if len(others) < 2 else f"{command} (with a run of each of {', '.join(others)})"


def _record(found: Diagnosis, top: int) -> dict[str, Any]:
    return {
        "part": found.part.part_id,
        "passed": found.passed,
        "good": found.good,
        "explained": found.explained,
        "plausible": max(one.plausible for one in found.group),
        "nearest": found.nearest.suspect.id or None,
        "group": len(found.group),
        "defects": [
            {
                "defect_id": one.suspect.id,
                "same_as": list(one.suspect.same_as),
                "unit": one.suspect.unit,
                "severity_low": one.low,
                "severity_high": one.high,
                "severity": one.best,
                "likelihood": one.likelihood,
                "in_group": one.in_group,
            }
            for one in found.explanations[:top]
        ],
        "misfits": [
            {
                "vector": one.vector,
                "passed": one.passed,
                "value": one.value,
                "shown": None if one.value is None else one.shown,
                "spike_pulse": one.pulse,
            }
            for one in found.misfits
        ],
        "missing": found.missing,
        "next": [
            {"vector": one.vector, "bits": one.bits, "time_s": one.time_s, "in_program": one.ready}
            for one in found.suggestions
        ],
    }
