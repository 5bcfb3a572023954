"""The file model of a paper's published values and of the places where it contradicts itself."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from faultsim.specfile import Quantity, Spec


def _ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] > bounds[1]:
        raise ValueError("the lower end of a range comes first")
    return bounds


Range = Annotated[tuple[Quantity, Quantity], AfterValidator(_ordered)]
"""What a paper prints, as its lowest and highest reading."""


class SourceSpec(Spec):
    """Which of our results stands beside a published value."""

    baseline: str | None = Field(default=None, description="pattern of a row of baseline.csv")
    column: Literal["im_wr_a", "spiked", "pulses_to_spike"] | None = None
    defect: str | None = Field(default=None, description="defect of a row of thresholds.csv")
    window: str | None = None
    test: str | None = Field(default=None, description="test of that row, where the campaign has several")
    figure: str | None = Field(default=None, description="waveforms of the campaign; the verdict is spikes or silent")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [(self.baseline, self.column), (self.defect, self.window), (self.figure,)]
        begun = [kind for kind in kinds if any(kind)]
        if len(begun) != 1 or not all(begun[0]):
            raise ValueError("give baseline and column, or defect and window, or figure")
        return self


class ValueSpec(Spec):
    """A published value, as the range that the paper prints, or a published verdict."""

    id: str
    table: str
    item: str
    unit: str
    published: Range | None = None
    verdict: str | None = None
    tolerance: float | None = Field(default=None, gt=0, description="relative to the nearer end of the range")
    absolute_tolerance: float | None = Field(default=None, ge=0)
    source: SourceSpec

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.published is None) == (self.verdict is None):
            raise ValueError("give either published or verdict")
        tolerances = [self.tolerance, self.absolute_tolerance]
        if self.published is not None and tolerances.count(None) != 1:
            raise ValueError("a published value needs one of tolerance and absolute_tolerance")
        if self.tolerance is not None and self.published is not None and self.published[0] <= 0 <= self.published[1]:
            raise ValueError("a range with zero in it needs absolute_tolerance, because nothing is relative to zero")
        if self.source.figure and self.verdict not in ("spikes", "silent"):
            raise ValueError("a figure shows a verdict, spikes or silent")
        return self


class ReadingValueSpec(Spec):
    """One threshold as one reading of the paper has it."""

    defect: str
    window: str
    published: Range

    @model_validator(mode="after")
    def _positive(self) -> Self:
        if self.published[0] <= 0:
            raise ValueError("a published threshold is above zero")
        return self


class ReadingSpec(Spec):
    """One way to read a contradiction."""

    name: str
    values: list[ReadingValueSpec] = Field(min_length=1)


class ContradictionSpec(Spec):
    """A contradiction of the paper with itself or with physics."""

    id: str
    text: str
    readings: list[ReadingSpec] = Field(default_factory=list)
    ours: str = ""

    @model_validator(mode="after")
    def _decided(self) -> Self:
        if bool(self.readings) == bool(self.ours):
            raise ValueError("give either readings, which numbers decide, or ours")
        return self


class PublishedSpec(Spec):
    """Published values of one paper."""

    title: str
    values: list[ValueSpec]
    contradictions: list[ContradictionSpec] = Field(default_factory=list)
