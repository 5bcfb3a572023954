"""faultsim: fault injection and test generation for neuromorphic circuits of magnetic tunnel junctions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faultsim.reports.run_folders.run import Run as Run
    from faultsim.reports.run_folders.run import load_run as load_run

__version__ = "0.1.0"
__all__ = ["Run", "__version__", "load_run"]


def __getattr__(name: str) -> Any:
    """Import what is for scripts and notebooks when it is first asked for: the command line needs none of it."""
    if name in ("Run", "load_run"):
        from faultsim.reports.run_folders import run

        return getattr(run, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
