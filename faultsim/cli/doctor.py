"""``faultsim doctor``."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from faultsim import __version__, library
from faultsim.cli.output import print_json
from faultsim.cli.versions import package_versions
from faultsim.errors import SimulatorError
from faultsim.spice.engine import INSTALL_HINT, library_path
from faultsim.spice.job import Job
from faultsim.spice.pool import WorkerPool

_TEST_DECK = """* an RC low-pass, whose step response has a closed form
V1 in 0 PWL(0 0 1p 1)
R1 in out 1k
C1 out 0 1p
.save v(out)
.tran 5p 5n 0 5p uic
.end
"""
_TEST_LEVEL = 0.6321205588


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: what was looked at, whether it is fine, and what mends it."""

    what: str
    ok: bool
    found: str
    remedy: str = ""


def run(json: bool) -> int:
    """Print every finding; the exit code is 4 where the simulator is not usable."""
    findings = list(_findings())
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            remedy = f"  -> {finding.remedy}" if finding.remedy and not finding.ok else ""
            print(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what}: {finding.found}{remedy}")
    return 0 if all(finding.ok for finding in findings) else SimulatorError.exit_code


def _findings() -> Iterator[Finding]:
    python_ok = sys.version_info >= (3, 11)
    yield Finding("python", python_ok, platform.python_version(), "use Python 3.11 or newer")
    yield Finding("faultsim", True, __version__)
    for name, found in package_versions().items():
        yield Finding(name, found != "missing", found, "pip install --force-reinstall faultsim-mtj")
    content = library.root()
    yield Finding(
        "library", (content / "circuits").is_dir(), str(content), "reinstall faultsim-mtj: its content is missing"
    )
    program = shutil.which("ngspice")
    yield Finding("ngspice program", program is not None, program or "missing", INSTALL_HINT)
    yield from _simulator()


def _simulator() -> Iterator[Finding]:
    try:
        yield Finding("ngspice library", True, library_path())
        with WorkerPool(1, timeout_s=30.0) as pool:
            yield Finding("ngspice version", True, pool.simulator)
            job = Job(_TEST_DECK, 5e-9, {"out": "v(out)"}, {"level": "at(out, t)"}, {"t": 1.0005e-9})
            outcome = pool.submit(job).result().outcome
    except SimulatorError as error:
        what, _, remedy = str(error).partition("; ")
        yield Finding("simulator", False, what, remedy or INSTALL_HINT)
        return
    level = outcome.values.get("level")
    fine = outcome.ok and isinstance(level, float) and abs(level - _TEST_LEVEL) < 1e-3
    found = (
        f"RC step response {level} after one time constant, {_TEST_LEVEL} expected" if outcome.ok else outcome.log_tail
    )
    yield Finding("test transient", fine, found, "another ngspice, 39 or newer")
