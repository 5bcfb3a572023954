"""The neuron that a deck describes: the equation's coefficients against the physics, defects, and what is refused."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from faultsim import library
from faultsim.circuits import network
from faultsim.circuits.circuit import of_network
from faultsim.circuits.neuron import NeuronSite, NotApart, macrospin_of, neuron_site
from faultsim.errors import SpecError
from faultsim.fault_models.naming import find_defect
from faultsim.magnetics import FreeLayer, spin_hall_field_a_per_m, spin_transfer_field_a_per_m
from faultsim.magnetics.layer import Layer
from tests.spice.llg_bench import Parameters, set_parameters

ROOM_C = 27.0
SETS = {"crossbar4": "neuron_lats_quant.cir", "crossbar4-lif": "neuron_lif_alpha045.cir"}
# Table II of LATS 2024: free layer and heavy metal of the neuron.
EDGE_M, METAL_LENGTH_M, METAL_WIDTH_M, METAL_THICKNESS_M = 45e-9, 60e-9, 45e-9, 5e-9
# The decks have the constants to nine digits.
REL = 1e-8


@cache
def loaded(name: str) -> network.Network:
    return network.load(name)


def parameters(name: str) -> Parameters:
    return set_parameters(library.root() / "circuits" / "devices" / SETS[name])


def expected_layer(n: Parameters) -> Layer:
    """Return the layer that a neuron set's numbers make."""
    free = FreeLayer(n["n_tf"], n["n_ms"], n["n_alpha"], n["n_hkz"])
    metal_ohm = n["n_rho"] * METAL_LENGTH_M / (METAL_WIDTH_M * METAL_THICKNESS_M)
    density_per_v = 1 / (metal_ohm * METAL_WIDTH_M * METAL_THICKNESS_M)
    metal = n["n_theta"], METAL_THICKNESS_M, n["n_lsf"], n["n_tint"]
    spin_hall = spin_hall_field_a_per_m(density_per_v, free, *metal)
    # A current into the pillar carries spins against the fixed layer, which is along z.
    spin_transfer = -spin_transfer_field_a_per_m(1 / EDGE_M**2, free, n["n_stt"])
    return Layer(
        alpha=n["n_alpha"],
        anisotropy_a_per_m=(0, 0, n["n_hkz"]),
        metal_spin=(0, spin_hall, 0),
        metal_field=(0, n["n_beta"] * spin_hall, 0),
        pillar_spin=(0, 0, spin_transfer),
        start=(0, n["n_my0"], math.sqrt(1 - n["n_my0"] ** 2)),
    )


def assert_same(found: Layer, expected: Layer) -> None:
    assert found.coefficients() == pytest.approx(expected.coefficients(), rel=REL)
    assert found.start == pytest.approx(expected.start, rel=REL)


def healthy(name: str, temperature_c: float = ROOM_C) -> NeuronSite:
    return neuron_site(loaded(name), loaded(name).cards, temperature_c)


@pytest.mark.parametrize("name", SETS)
def test_the_layer_is_that_of_the_neuron_set(name: str) -> None:
    site = healthy(name)
    assert_same(site.layer, expected_layer(parameters(name)))
    assert site.fixed_layer == (0, 0, 1)


@pytest.mark.parametrize(("name", "field_a_per_m"), [("crossbar4", 1141), ("crossbar4-lif", 3639)])
def test_the_paper_s_current_makes_the_field_that_the_set_states(name: str, field_a_per_m: float) -> None:
    metal_v = 108.44e-6 * 200e-9 * METAL_LENGTH_M / (METAL_WIDTH_M * METAL_THICKNESS_M)
    assert metal_v * healthy(name).layer.metal_spin[1] == pytest.approx(field_a_per_m, rel=1e-3)


def test_the_drive_is_seen_between_the_metal_s_ends_and_in_the_pillar() -> None:
    site = healthy("crossbar4")
    assert site.probes == {
        "neuron_metal_a": "v(ha)",
        "neuron_metal_b": "v(0)",
        "neuron_pillar": "i(v.xneuron.xmtj.vpil)",
        "neuron_mx": "v(xneuron.mx)",
        "neuron_my": "v(xneuron.my)",
        "neuron_mz": "v(xneuron.mz)",
    }
    assert site.magnetisation == ("xneuron.mx", "xneuron.my", "xneuron.mz")


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("temperature_c", [-40.0, 85.0])
def test_fields_follow_the_magnetisation_when_it_is_warm(name: str, temperature_c: float) -> None:
    share = ((1 - (temperature_c + 273.15) / 1420) / (1 - 300.15 / 1420)) ** 0.4
    n = parameters(name)
    # Anisotropy energies follow Ms squared and so their fields Ms; a spin torque has less moment to turn.
    warm = expected_layer(n | {"n_ms": n["n_ms"] * share, "n_hkz": n["n_hkz"] * share})
    assert_same(healthy(name, temperature_c).layer, warm)


def faulty(name: str, defect: str, severity: float) -> NeuronSite:
    circuit = of_network(loaded(name))
    cards = find_defect(circuit, f"xneuron.xmtj{defect}").inject(circuit.cards).at(severity).cards
    return neuron_site(loaded(name), cards, ROOM_C)


def spread(thickness_m: float, n: Parameters) -> float:
    """Return the share of the charge current that becomes a spin current in a metal so thick."""
    return 1 - 1 / math.cosh(thickness_m / n["n_lsf"])


def test_a_thinner_metal_makes_less_spin_current() -> None:
    for name in SETS:
        n, good = parameters(name), healthy(name).layer
        # At one voltage the current density stays, whatever the thickness.
        factor = spread(0.7 * METAL_THICKNESS_M, n) / spread(METAL_THICKNESS_M, n)
        fields = {key: (0, factor * getattr(good, key)[1], 0) for key in ("metal_spin", "metal_field")}
        assert_same(faulty(name, ":thin-metal", 0.3).layer, replace(good, **fields))


@pytest.mark.parametrize("name", SETS)
def test_redeposition_takes_anisotropy_and_nothing_else(name: str) -> None:
    n = parameters(name)
    assert_same(faulty(name, ":redeposition", 0.3).layer, expected_layer(n | {"n_hkz": 0.7 * n["n_hkz"]}))


# What three sigma of one of the neuron's parameters is, and what it makes of the coefficients.
CORNERS: dict[str, Callable[[Parameters], Parameters]] = {
    ".alpha:max": lambda n: {"n_alpha": n["n_alpha"] * 1.1},
    ".hkz:min": lambda n: {"n_hkz": n["n_hkz"] * 0.98},
    ".ms:max": lambda n: {"n_ms": n["n_ms"] * 1.03},
    ".tf:min": lambda n: {"n_tf": n["n_tf"] * 0.97},
    ".theta:max": lambda n: {"n_theta": n["n_theta"] * 1.02},
    ".rho:min": lambda n: {"n_rho": n["n_rho"] * 0.95},
    ".tmr:max": lambda n: {},
    ".ra:min": lambda n: {},
}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("corner", CORNERS)
def test_a_parameter_at_its_corner_moves_the_coefficients_that_it_is_in(name: str, corner: str) -> None:
    n = parameters(name)
    assert_same(faulty(name, corner, 1.0).layer, expected_layer(n | CORNERS[corner](n)))


def test_a_corner_half_way_and_a_parameter_of_all_neurons() -> None:
    n = parameters("crossbar4")
    assert_same(faulty("crossbar4", ".alpha:max", 0.5).layer, expected_layer(n | {"n_alpha": n["n_alpha"] * 1.05}))
    circuit = of_network(loaded("crossbar4"))
    cards = find_defect(circuit, "n_hkz:min").inject(circuit.cards).at(1.0).cards
    found = neuron_site(loaded("crossbar4"), cards, ROOM_C).layer
    assert_same(found, expected_layer(n | {"n_hkz": n["n_hkz"] * 0.98}))


def test_a_longer_layer_spreads_the_current_of_the_pillar() -> None:
    good = healthy("crossbar4").layer
    longer = replace(good, pillar_spin=(0, 0, good.pillar_spin[2] / 1.05))
    assert_same(faulty("crossbar4", ".lx:max", 1.0).layer, longer)


def test_a_flipped_fixed_layer_turns_the_reader_and_the_pillar_s_torque() -> None:
    good, bad = healthy("crossbar4"), faulty("crossbar4", ":saf-flip", 1.0)
    assert bad.fixed_layer == (0, 0, -1)
    assert_same(bad.layer, replace(good.layer, pillar_spin=(0, 0, -good.layer.pillar_spin[2])))


def test_an_open_at_the_metal_leaves_the_layer_and_moves_the_probe_behind_it() -> None:
    good, bad = healthy("crossbar4"), faulty("crossbar4", ".ha:open", 1e3)
    assert_same(bad.layer, good.layer)
    moved = {name for name, vector in bad.probes.items() if vector != good.probes[name]}
    assert moved == {"neuron_metal_a"}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a copy of the circuits."""
    return Path(shutil.copytree(library.root() / "circuits", tmp_path / "circuits"))


def edit(path: Path, old: str, new: str) -> None:
    """Replace what has to be there once."""
    text, count = re.subn(old, lambda _: new, path.read_text(), flags=re.DOTALL)
    assert count == 1, f"{old!r} is {count} times in {path}"
    path.write_text(text)


def site_of_copy(copied: Path) -> NeuronSite:
    found = network.load_sidecar(copied / "networks" / "crossbar4.toml")
    return neuron_site(found, found.cards, ROOM_C)


def test_a_copy_of_the_circuit_has_the_same_neuron(copied: Path) -> None:
    assert site_of_copy(copied) == healthy("crossbar4")


def test_a_sidecar_without_a_neuron_has_none_to_take_out(copied: Path) -> None:
    edit(copied / "networks" / "crossbar4.toml", r"\[neuron\].*?(?=\n\[)", "")
    with pytest.raises(NotApart, match=r"names no \[neuron\]"):
        site_of_copy(copied)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('device = "xneuron.xmtj"', 'device = "xneuron.xmtk"', r"neuron\.device: .*xmtk.*did you mean .*xmtj"),
        ('spikes = "', 'spikes = "nothing and ', r"neuron\.spikes: unknown name 'nothing'"),
    ],
)
def test_a_neuron_that_the_deck_does_not_have_is_refused(copied: Path, old: str, new: str, said: str) -> None:
    sidecar = copied / "networks" / "crossbar4.toml"
    edit(sidecar, old, new)
    with pytest.raises(SpecError, match=rf"crossbar4\.toml: {said}"):
        network.load_sidecar(sidecar)


def test_a_device_file_without_an_equation_is_not_enough(copied: Path) -> None:
    edit(copied / "devices" / "she_mtj.toml", r"\[macrospin\].*\Z", "")
    with pytest.raises(NotApart, match=r"device file of xneuron\.xmtj has no \[macrospin\]"):
        site_of_copy(copied)


def test_a_device_that_no_file_declares_is_not_enough(copied: Path) -> None:
    edit(copied / "networks" / "crossbar4.toml", r'device = "xneuron\.xmtj"', 'device = "xneuron.mwr"')
    with pytest.raises(NotApart, match=r"xneuron\.mwr has no \[macrospin\]"):
        site_of_copy(copied)


def test_a_neuron_in_a_field_is_not_taken_out(copied: Path) -> None:
    edit(copied / "cells" / "neuron.cir", r"mx my mz 0 0 0 she_mtj", "mx my mz rd 0 0 she_mtj")
    with pytest.raises(NotApart, match=r"a field is applied to xneuron\.xmtj"):
        site_of_copy(copied)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"mx", "my", "mz"', '"mx", "my", "mzz"', "she_mtj has no port mzz (did you mean mz?)"),
        ('metal = ["ha"', 'metal = ["haa"', "she_mtj has no port haa (did you mean ha?)"),
        ('"hx", "hy"', '"hx", "hxx"', "she_mtj has no port hxx (did you mean hx?)"),
    ],
)
def test_an_equation_at_a_port_that_is_not_there_is_refused(copied: Path, old: str, new: str, message: str) -> None:
    file = copied / "devices" / "she_mtj.toml"
    edit(file, re.escape(old), new)
    with pytest.raises(SpecError) as refused:
        site_of_copy(copied)
    [problem] = refused.value.problems
    assert Path(problem.where.removesuffix(": macrospin")).resolve() == file.resolve()
    assert str(problem).endswith(message)


def test_a_formula_of_a_name_that_is_not_there_is_refused(copied: Path) -> None:
    edit(copied / "devices" / "she_mtj.toml", r'alpha = "alpha"', 'alpha = "alfa"')
    with pytest.raises(SpecError, match=r"xneuron\.xmtj: alpha: alfa has no value here"):
        site_of_copy(copied)


def test_the_equation_is_where_the_device_file_says() -> None:
    spec = macrospin_of(loaded("crossbar4"))
    assert (spec.metal, spec.pillar, spec.magnetisation) == (["ha", "hb"], "vpil", ["mx", "my", "mz"])
