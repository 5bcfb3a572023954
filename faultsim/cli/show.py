"""``faultsim show``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from faultsim.campaigns.archive import Archive
from faultsim.campaigns.evidence import SHORT, Evidence, Vault
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.ledger import Ledger
from faultsim.campaigns.narrowing import Narrowing
from faultsim.campaigns.plan import Plan
from faultsim.campaigns.portrait import Side
from faultsim.campaigns.stage import labs_of
from faultsim.cli.commands import command_of
from faultsim.cli.finished import current_plan
from faultsim.cli.output import print_json, print_rows, printable, say, write_text
from faultsim.cli.quantities import positive
from faultsim.cli.shown import Shown, lines_of, record_of, table_of
from faultsim.cli.simulate import csv_text
from faultsim.cli.standalone import on_its_own, stand_alone
from faultsim.cli.status import open_ledger
from faultsim.errors import GateError, StorageError, UnknownOutcome, UsageError, did_you_mean
from faultsim.spice.pool import WorkerPool
from faultsim.spice.recorded import Recorded
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store
from faultsim.spice.waveform import Waveform

FAULT_FREE = "fault-free"
_KEY = re.compile(r"[0-9a-fA-F]{1,64}")
_SHORTEST = 6
"""Digits of a key that say which one is meant."""
_FEW = 20
"""Names that a message lists."""
_TITLE = 105
"""Characters that fit above a plot."""


@dataclass(frozen=True)
class Request:
    """The arguments of ``show``, as typed."""

    run: Path
    identity: str
    test: str | None
    window: str | None
    vdd: str | None
    temperature: float | None
    corner: str | None
    at: str | None
    deck: Path | None
    plot: Path | None
    csv: Path | None

    @property
    def narrowing(self) -> Narrowing:
        """Return which settings are meant.

        Raises:
            UsageError: A quantity that cannot be read.
        """
        return Narrowing(self.test, self.window, positive("--vdd", self.vdd), self.temperature, self.corner)

    @property
    def side(self) -> Side | float | None:
        """Return where on the scale of severities to look.

        Raises:
            UsageError: Neither a side nor a quantity.
        """
        sides = {side.value: side for side in Side}
        if self.at in sides:
            return sides[self.at]
        try:
            return positive("--at", self.at)
        except UsageError as error:
            raise UsageError(f"{error}; or {' or '.join(sides)}, the sides of the threshold") from error


def run(request: Request, json: bool) -> None:
    """Show one transient of a run, as it is stored and as it is simulated again.

    Raises:
        UsageError: The run has no such transient, or is not that of its campaign and circuit as they are now.
        GateError: The transient is another one now.
        UnknownOutcome: It ends without an outcome, as it did at first.
    """
    if request.plot is not None and request.plot.suffix.lower() != ".svg":
        raise UsageError(f"--plot {request.plot}: plots are SVG; give a name that ends in .svg")
    with closing(open_ledger(request.run)) as ledger:
        facts = ledger.facts()
        if not facts.get("campaign"):
            raise UsageError(f"{request.run} has not begun; faultsim run CAMPAIGN --out {request.run} begins it")
        plan = current_plan(request.run, facts)
        with _archive(request.run, plan, ledger, facts) as archive:
            shown = _again(request, archive, *_asked(request, archive))
        # Files first: who reads the first line and closes the pipe has asked for them all the same.
        _write(request, plan, shown)
    if json:
        print_json(record_of(shown))
    else:
        print("\n".join(map(printable, lines_of(shown))))
        print_rows(table_of(shown), json=False)
    _conclude(shown, facts)


@contextmanager
def _archive(run: Path, plan: Plan, ledger: Ledger, facts: Mapping[str, str]) -> Iterator[Archive]:
    """Lend what a run rests on, without a simulator."""
    path, again = _store(run), command_of(run, facts)
    if not path.is_file():
        raise StorageError(f"{path} is gone, and with it every transient of {run}; {again} finds them again")
    store = Store(path)
    with SimulationService(Recorded(facts.get("version.simulator", "")), store) as service:
        lab = Lab(plan.network, service, plan.network.sidecar.simulation, plan.observables)
        yield Archive(plan, Vault(labs_of(plan, lab), ledger, store, again))


def _store(run: Path) -> Path:
    """Return the store beside a run folder."""
    return run.resolve().parent / "store.sqlite"


def _asked(request: Request, archive: Archive) -> tuple[str, Evidence]:
    """Return the defect that the arguments ask for, nothing for the fault-free circuit, and its transient."""
    narrowing, at, word = request.narrowing, request.side, request.identity
    settings = narrowing.of(archive.plan.settings)
    if word.lower() == FAULT_FREE:
        if at is not None:
            raise UsageError(f"--at {request.at}: the fault-free circuit has no severity")
        if len(settings) > 1:
            others = "--test, --window, --vdd, --temperature and --corner choose others"
            say(f"the first of {len(settings)} settings; {others}")
        return "", archive.of_healthy(settings[0])
    ids = {defect.id.lower(): defect.id for defect in archive.plan.defects}
    ids |= {defect.id: defect.id for defect in archive.plan.defects}
    identity = ids.get(word) or ids.get(word.lower())
    if identity is not None:
        return identity, archive.of_defect(identity, settings, at)
    if not _KEY.fullmatch(word) or word in archive.plan.known:
        raise UsageError(_unknown(request, archive.plan))
    if len(word) < _SHORTEST:
        raise UsageError(f"{_unknown(request, archive.plan)}, of which it takes at least {_SHORTEST} digits")
    given = [*narrowing.given, *(["--at"] if at is not None else [])]
    if given:
        raise UsageError(f"{word} is a transient's key, which says all of it; leave {', '.join(given)} out")
    found = archive.of_key(word.lower())
    return found.defect.id if found.defect else "", found


def _unknown(request: Request, plan: Plan) -> str:
    """Say what is wrong with a name that nothing in the run has."""
    if request.identity in plan.known:
        only = f"; it was run with --only {plan.only}" if plan.only != "*" else ""
        return f"{request.identity} is none of the defects of {request.run}{only}"
    known = [FAULT_FREE, *(defect.id for defect in plan.defects)]
    remedy = did_you_mean(request.identity, known)
    if len(known) > _FEW and remedy.startswith("known"):
        remedy = f"{request.run}/thresholds.csv lists them"
    return f"{request.run} has no defect {request.identity!r} ({remedy}), nor is that the beginning of a key"


def _again(request: Request, archive: Archive, identity: str, evidence: Evidence) -> Shown:
    """Simulate a transient again, and the fault-free circuit where it is drawn or not stored."""
    plan, healthy = archive.plan, archive.healthy(evidence)
    with_healthy = healthy is not evidence and (request.plot is not None or healthy.stored is None)
    asked = [evidence, healthy] if with_healthy else [evidence]
    # Not by the service: what it simulates it stores.
    with WorkerPool(len(asked), plan.network.sidecar.simulation.timeout) as pool:
        jobs = [one.lab.job(one.origin.question) for one in asked]
        again, *behind = [future.result() for future in [pool.submit(job, with_waveforms=True) for job in jobs]]
        outcomes = [healthy.stored, *(trace.outcome for trace in behind), again.outcome]
        return Shown(
            identity=identity,
            evidence=evidence,
            again=again,
            healthy=next(outcome for outcome in outcomes if outcome is not None),
            behind=behind[0].waveforms if behind else {},
            uses=archive.vault.ledger.uses(evidence.key),
            simulator=pool.simulator,
        )


def _write(request: Request, plan: Plan, shown: Shown) -> None:
    """Write the files that are asked for; where the simulation failed there are no waveforms."""
    evidence, waves = shown.evidence, shown.again.waveforms
    question = evidence.origin.question
    decks = {card.source for card in plan.network.cards}
    kept = _store(request.run), request.run / "campaign.sqlite"
    read: list[str | Path] = [*decks, plan.network.path, plan.path, *kept]
    if request.deck is not None:
        alone = replace(evidence.lab, simulation=on_its_own(evidence.lab.simulation))
        write_text(request.deck, stand_alone(alone.job(question), f"{shown.name}, {shown.where}"), read)
    if request.csv is not None and waves:
        write_text(request.csv, csv_text(shown.again), read)
    if request.plot is not None and waves:
        from faultsim.reports.figures.canvas import svg_text
        from faultsim.reports.figures.waveforms import waveform_figure

        title, vdd_v = f"{shown.name}, {shown.where}", question.conditions.vdd_v
        title = title if len(title) <= _TITLE else f"{title[:_TITLE]} ..."
        figure = waveform_figure(waves, question.applied, vdd_v, title, _behind(shown))
        write_text(request.plot, svg_text(figure), read)


def _behind(shown: Shown) -> dict[str, Waveform]:
    """Return the fault-free waveforms as far as those of the transient go; a test may look at the beginning alone."""
    ends = {name: wave.time_s[-1] for name, wave in shown.again.waveforms.items()}
    return {name: wave.inside(wave.time_s[0], min(ends[name], wave.time_s[-1])) for name, wave in shown.behind.items()}


def _conclude(shown: Shown, facts: Mapping[str, str]) -> None:
    """Say whether the transient is the same now.

    Raises:
        GateError: It is not.
        UnknownOutcome: It is, but failed.
    """
    then, key = facts.get("version.simulator", ""), shown.evidence.key[:SHORT]
    took = "" if shown.again.seconds is None else f" in {shown.again.seconds:.2g} s"
    if shown.differences:
        lines = [f"transient {key} is not what is stored when it is simulated again:", *map(str, shown.differences)]
        lines += [f"it was simulated with {then}, and this is {shown.simulator}"] if then != shown.simulator else []
        raise GateError("\n".join(lines))
    if not shown.outcome.ok:
        raise UnknownOutcome(f"the simulation ended with {shown.outcome.status}; what the circuit does is unknown")
    say(f"simulated{took}" if shown.evidence.stored is None else f"simulated again{took}: it shows the same")
