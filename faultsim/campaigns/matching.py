"""Compares a defect of a junction's physics with the opens and shorts at the same junction."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from faultsim.campaigns.plan import Setting
from faultsim.campaigns.question import Question
from faultsim.campaigns.search import Verdict
from faultsim.campaigns.spec import ResistorsSpec, SearchSpec
from faultsim.campaigns.stage import Labs
from faultsim.campaigns.threshold import judge_response
from faultsim.fault_models.defect import Defect
from faultsim.spice.job import Outcome

_PER_DECADE = 1
_LN_OHM = 2e-3
"""Of ln R: what is compared is known no better than to some thousandths of the change."""
_REFINEMENTS = 12
_NOISE = 1e-6
"""Relative: what moves a measured quantity by less does not move it."""


@dataclass(frozen=True)
class Faulty:
    """A defect at a severity."""

    defect: Defect
    severity: float


@dataclass(frozen=True)
class Effect:
    """What a defect does to a measured quantity in one setting.

    Attributes:
        setting: The test.
        observable: The quantity.
        healthy: Without the defect.
        faulty: With it.
    """

    setting: Setting
    observable: str
    healthy: float
    faulty: float

    @property
    def share(self) -> float:
        """Return the change, relative."""
        return abs(self.faulty / self.healthy - 1) if self.healthy else 0.0


@dataclass(frozen=True)
class Match:
    """A resistor that moves a quantity as a defect does.

    Attributes:
        resistor: An open or a short, at a resistance.
        deviation: The largest difference of a measured quantity in any setting, as a share of the defect's largest
            change; infinite where a verdict differs.
        where: The test that it is in.
        what: What differs there.
    """

    resistor: Faulty
    deviation: float = 0.0
    where: str = ""
    what: str = ""


@dataclass
class Matcher:
    """What a defect does, and which resistor does the same.

    Attributes:
        labs: Answer questions about the circuit.
        settings: The tests that both are put to.
        spec: What is compared.
        search: The range of resistances, and by how much a threshold may be off.
        keys: The store's keys of the transients that were asked for, in order.
        failed: One of them has no answer.
    """

    labs: Labs
    settings: Sequence[Setting]
    spec: ResistorsSpec
    search: SearchSpec
    keys: dict[str, None] = field(default_factory=dict)
    failed: bool = False

    def strongest(self, faulty: Faulty) -> Effect | None:
        """Return what a defect moves most; nothing where it moves no measured quantity."""
        effects = (effect for setting in self.settings for effect in self._effects(setting, faulty))
        found = max(effects, key=lambda effect: effect.share, default=None)
        return found if found is not None and found.share > _NOISE else None

    def nearest(self, faulty: Faulty, effect: Effect, resistors: Sequence[Defect]) -> Match | None:
        """Return the resistor that is most like a defect; nothing where none moves the quantity as far."""
        best: Match | None = None
        for resistor in resistors:
            for ohm in self._reached(resistor, effect):
                match = self._match(Faulty(resistor, ohm), faulty, effect.share, best.deviation if best else math.inf)
                best = match if best is None or match.deviation < best.deviation else best
        return best

    def _effects(self, setting: Setting, faulty: Faulty) -> Iterator[Effect]:
        healthy, seen = self._ask(setting, None), self._ask(setting, faulty)
        for name in self.spec.observables:
            before, after = healthy.values.get(name), seen.values.get(name)
            if isinstance(before, float) and isinstance(after, float):
                yield Effect(setting, name, before, after)

    def _reached(self, resistor: Defect, effect: Effect) -> Iterator[float]:
        """Yield the resistances at which a quantity is as with the defect."""
        from scipy.optimize import brentq

        known: dict[float, float | None] = {}

        def missed(place: float) -> float | None:
            if place not in known:
                value = self._ask(effect.setting, Faulty(resistor, math.exp(place))).values.get(effect.observable)
                known[place] = value - effect.faulty if isinstance(value, float) else None
            return known[place]

        low, high = math.log(self.search.low), math.log(self.search.high)
        count = max(2, round(_PER_DECADE * (high - low) / math.log(10)))
        places = [low + (high - low) * step / count for step in range(count + 1)]
        for one, other in pairwise(places):
            ends = missed(one), missed(other)
            if ends[0] is not None and ends[1] is not None and ends[0] * ends[1] <= 0:
                # A failed simulation in between counts as a hit; that it failed shows when the two are compared.
                function, limits = (lambda place: missed(place) or 0.0), {"xtol": _LN_OHM, "maxiter": _REFINEMENTS}
                yield math.exp(brentq(function, one, other, **limits, full_output=True, disp=False)[0])

    def _match(self, resistor: Faulty, faulty: Faulty, share: float, beaten: float) -> Match:
        """Return how a resistor compares; not further than it takes to see that another comes nearer."""
        worst = Match(resistor)
        for setting in self.settings:
            deviation, what = self._deviation(setting, faulty, resistor, share)
            if deviation > worst.deviation:
                worst = Match(resistor, deviation, setting.test, what)
            if worst.deviation > beaten:
                break
        return worst

    def _deviation(self, setting: Setting, faulty: Faulty, resistor: Faulty, share: float) -> tuple[float, str]:
        """Return how far a resistor is from a defect in one setting, and in what."""
        outcomes = [self._ask(setting, item) for item in (None, faulty, resistor)]
        if any(not outcome.ok for outcome in outcomes):
            return math.inf, "a simulation failed"
        if not self._decides_alike(setting, outcomes, resistor):
            seen = [outcome.values.get(setting.observable) for outcome in outcomes[1:]]
            return math.inf, f"{setting.observable} is {seen[0]} with the defect, {seen[1]} with the resistor"
        worst, what = 0.0, ""
        for name in self.spec.observables:
            before, one, two = (outcome.values.get(name) for outcome in outcomes)
            if isinstance(one, float) is not isinstance(two, float):
                return math.inf, f"{name} is {one} with the defect, {two} with the resistor"
            if isinstance(one, float) and isinstance(two, float) and one != two:
                scale = abs(before) if isinstance(before, float) and before else abs(one) or abs(two)
                deviation = abs(two - one) / scale / share
                if deviation > worst:
                    worst, what = deviation, f"{name} differs by {deviation:.1%} of the defect's largest change"
        return worst, what

    def _decides_alike(self, setting: Setting, outcomes: Sequence[Outcome], resistor: Faulty) -> bool:
        """Return whether a verdict is the same, a step of the grid more or less: no threshold is known better."""
        healthy, seen, _ = outcomes
        step, verdict = self.search.ratio, judge_response(setting, healthy, seen)
        for factor in (1.0, 1 / step, step):
            other = self._ask(setting, Faulty(resistor.defect, resistor.severity * factor))
            same = setting.limits is not None or judge_response(setting, seen, other) is Verdict.PASS
            if same and judge_response(setting, healthy, other) is verdict:
                return True
        return False

    def _ask(self, setting: Setting, item: Faulty | None) -> Outcome:
        question = Question(
            setting.stimulus, setting.conditions, item.defect if item else None, item.severity if item else None
        )
        key, outcome = self.labs.of(setting).ask(question)
        self.keys[key] = None
        self.failed = self.failed or not outcome.ok
        return outcome
