"""Which defects a campaign is about: of the sidecar's named ones, or of a universe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from faultsim.campaigns.spec import CampaignSpec, DefectsSpec
from faultsim.circuits.circuit import of_network
from faultsim.circuits.device import device_classes
from faultsim.circuits.network import Network
from faultsim.errors import Problem, SpecError, UsageError
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.globs import matches_any
from faultsim.fault_models.naming import find_defect, named_defects
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe

Pools = Mapping[str, Mapping[str, Defect]]
"""Name of a universe, or nothing for the named defects -> its defects by id."""


def defect_pools(path: Path, spec: CampaignSpec, network: Network) -> Pools:
    """Return the defects that a campaign chooses from.

    Raises:
        SpecError: It names a universe or two defects at once that are not there.
    """
    circuit = of_network(network)
    files = [group.kind for group in spec.defects]
    pools: dict[str, dict[str, Defect]] = {"": named_defects(circuit, files, path.parent)}
    problems: list[Problem] = []
    for group in spec.defects:
        try:
            if group.universe not in pools:
                rules = load_universe(group.universe, device_classes(circuit.hierarchy).by_scope.values())
                pools[group.universe] = {defect.id: defect for defect in Universe(circuit, rules)}
            for pair in group.pairs:
                pools[""][pair] = find_defect(circuit, pair)
        except UsageError as error:
            problems.append(Problem(f"{path}: defects", str(error)))
    if problems:
        raise SpecError(problems)
    return pools


def all_of(pools: Pools) -> dict[str, Defect]:
    """Return every defect by id; that of a universe knows which others it is the same as."""
    found: dict[str, Defect] = {}
    for pool in pools.values():
        found |= pool
    return found


def matches(defect: Defect, group: DefectsSpec) -> bool:
    """Return whether a campaign's group takes a defect of its pool in."""
    names = (defect.id, defect.site.name)
    if defect.id in group.pairs:
        return True
    of_kind = group.kind in (defect.model, defect.definition.kind)
    return of_kind and any(matches_any(name, group.sites) for name in names)


def chosen_ids(spec: CampaignSpec, pools: Pools) -> list[str]:
    """Return the ids of the defects that a campaign is about, in the order of their universe."""
    known = all_of(pools)
    chosen = {
        identity
        for group in spec.defects
        for identity, defect in pools.get(group.universe, {}).items()
        if matches(defect, group)
    } | {pair for group in spec.defects for pair in group.pairs}
    return [identity for identity in known if identity in chosen]
