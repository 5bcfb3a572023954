"""The file model of a campaign."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from faultsim import library
from faultsim.circuits.sidecar import ConditionsSpec
from faultsim.specfile import Quantity, Spec, read_spec


class WindowSpec(Spec):
    """One window setting; 50 % to 50 %."""

    name: str
    integrate: Quantity = Field(gt=0)
    leaky: Quantity = Field(gt=0)


class DefectsSpec(Spec):
    """Which defects: a kind and the sites that match any of the globs."""

    kind: str
    sites: list[str] = Field(min_length=1)


class LimitsSpec(Spec):
    """Limits of a measured quantity around its fault-free value."""

    relative: Quantity = Field(gt=0)


class TestSpec(Spec):
    """A test: a pattern at windows, and the observable that tells faulty from healthy."""

    name: str
    pattern: str
    windows: list[str] = Field(min_length=1)
    observable: str
    limits: LimitsSpec | None = Field(default=None, description="without limits the observable has to be equal")


class CurrentsSpec(Spec):
    """The sweep of a measured quantity over the severity, the paper's Fig. 9."""

    pattern: str
    observable: str
    per_decade: int = Field(ge=1, le=100)
    stimulus: dict[str, Any] = Field(default_factory=dict, description="overrides of the campaign's stimulus")
    simulation: dict[str, Any] = Field(default_factory=dict, description="overrides of the sidecar's simulation")


class SearchSpec(Spec):
    """The fixed grid of severities that thresholds are bracketed on: low * ratio^k, and high."""

    low: Quantity = Field(gt=0)
    high: Quantity = Field(gt=0)
    ratio: float = Field(gt=1, le=10)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low has to be below high")
        return self


class BaselineSpec(Spec):
    """Patterns that the fault-free circuit is checked with, at the sidecar's own windows."""

    patterns: Literal["all"] | list[str] = "all"


class CampaignSpec(Spec):
    """A campaign."""

    title: str
    circuit: str
    source: str = ""
    published: str = Field(default="", description="file with published values to compare with")
    stimulus: dict[str, Any] = Field(default_factory=dict, description="overrides of the sidecar's stimulus")
    conditions: list[ConditionsSpec] = Field(
        default_factory=list, description="operating points; the sidecar's if none"
    )
    observables: dict[str, str] = Field(default_factory=dict, description="further expressions over probes")
    windows: list[WindowSpec] = Field(min_length=1)
    baseline: BaselineSpec = Field(default_factory=BaselineSpec)
    defects: list[DefectsSpec] = Field(min_length=1)
    tests: list[TestSpec] = Field(min_length=1)
    currents: CurrentsSpec | None = None
    search: SearchSpec

    @model_validator(mode="after")
    def _references(self) -> Self:
        names = [window.name for window in self.windows]
        problems = ["two windows have the same name"] if len(set(names)) != len(names) else []
        for test in self.tests:
            unknown = [name for name in test.windows if name not in names]
            if unknown:
                problems.append(f"test {test.name!r} names unknown windows {unknown}; there are {names}")
        if len({test.name for test in self.tests}) != len(self.tests):
            problems.append("two tests have the same name")
        if len(set(self.conditions)) != len(self.conditions):
            problems.append("two conditions are the same")
        if problems:
            raise ValueError("; ".join(problems))
        return self


def load(name: str) -> tuple[Path, CampaignSpec]:
    """Load a campaign by name or path.

    Raises:
        UsageError: No such campaign.
        SpecError: Everything that is wrong with the file.
    """
    path = library.find("campaigns", name)
    return path, read_spec(path, CampaignSpec)
