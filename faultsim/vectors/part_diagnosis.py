"""What the responses of one part say: good, of one of some defects, or of none that is known; and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from faultsim.vectors.diagnosis import Explanation, explain, explain_as_good, misfits
from faultsim.vectors.dictionary import Dictionary
from faultsim.vectors.lot import PartResult
from faultsim.vectors.misfit import Misfit
from faultsim.vectors.record import SetRecord
from faultsim.vectors.suggestion import Suggestion, suggest

_ADVANTAGE = 10.0
"""A part that passes is taken to be good unless a defect makes its readings so much more probable, as a logarithm: of
so many defects one fits the noise of good ones' readings, by up to 7."""
_TIE = 3.5
"""A good part is as good an explanation as a defect where that is not better by more, as the defects of a group are."""


@dataclass(frozen=True)
class Diagnosis:
    """What the responses of one part say.

    Attributes:
        dictionary: What vectors show of defects.
        part: The part, as it is believed.
        detecting: Names of the vectors that detect.
        explanations: Defects that explain its responses, the best first.
        further: Vectors are wanted that go on with a part that looks good, too.
    """

    dictionary: Dictionary
    part: PartResult
    detecting: Sequence[str]
    explanations: Sequence[Explanation]
    further: bool = False

    @property
    def passed(self) -> bool | None:
        """Whether all vectors passed; None where none was executed."""
        return self.part.passed

    @property
    def group(self) -> list[Explanation]:
        """The defects that explain the responses as well as the best."""
        return [one for one in self.explanations if one.in_group]

    @cached_property
    def explained(self) -> bool:
        """Whether what was seen may come of any of these, and something that a good part does not show does."""
        if not any(one.is_plausible for one in self.group):
            return False
        return not (
            self.passed is False and self.like_good and misfits(self.dictionary, self.part.results, self.as_good)
        )

    @property
    def like_good(self) -> bool:
        """Whether no defect explains the responses better than a part without one."""
        return self.as_good.score >= self.explanations[0].score - _TIE

    @property
    def good(self) -> bool:
        """Whether it passes, and what was read of it is what a good part shows."""
        advantage = self.explanations[0].score - self.as_good.score
        return bool(self.passed) and self.as_good.is_plausible and advantage <= _ADVANTAGE

    @cached_property
    def as_good(self) -> Explanation:
        """How well a part without a defect explains the responses."""
        return explain_as_good(self.dictionary, self.part.results)

    @property
    def nearest(self) -> Explanation:
        """What comes nearest to the responses: the best defect, or a good part where nothing explains more of them."""
        return self.as_good if not self.explained and self.like_good else self.explanations[0]

    @property
    def applied(self) -> list[str]:
        """Vectors that there is a response to."""
        return [one.name for one in self.part.results if one.passed is not None or one.value is not None]

    @property
    def missing(self) -> list[str]:
        """Vectors that detect and that there is no response to."""
        applied = set(self.applied)
        return [name for name in self.detecting if name not in applied]

    @cached_property
    def misfits(self) -> list[Misfit]:
        """Responses that do not fit what is nearest to them."""
        return misfits(self.dictionary, self.part.results, self.nearest)

    @cached_property
    def suggestions(self) -> list[Suggestion]:
        """Vectors that tell the group apart; none where nothing explains it, or it looks good and no more is wanted."""
        if not self.explained or (self.good and not self.further):
            return []
        return suggest(self.dictionary, self.group, self.applied)


def diagnose(record: SetRecord, dictionary: Dictionary, part: PartResult, further: bool = False) -> Diagnosis:
    """Diagnose one part.

    Args:
        record: The tester's program.
        dictionary: What vectors show of defects.
        part: What is believed of it.
        further: Say how to go on with a part that looks good, too.
    """
    detecting = [vector.name for vector in record.vectors if vector.purpose == "detection"]
    return Diagnosis(dictionary, part, detecting, explain(dictionary, part.results), further)
