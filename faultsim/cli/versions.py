"""Versions of everything that a result depends on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from faultsim import __version__
from faultsim.spice.job import ENGINE_VERSION

_PACKAGES = ("PySpice", "numpy", "scipy", "pydantic", "typer", "rich", "jinja2", "matplotlib")


def versions(simulator: str) -> dict[str, str]:
    """Return the versions that reports and manifests state."""
    packages = {"PySpice": _version("PySpice"), "numpy": _version("numpy")}
    return {
        "faultsim": __version__,
        "engine": str(ENGINE_VERSION),
        "simulator": simulator,
        "python": platform.python_version(),
        **packages,
    }


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that faultsim uses."""
    return {name: _version(name) for name in _PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
