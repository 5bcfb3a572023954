"""The command line. Each verb imports what it needs when it runs, so that ``--help`` is instant."""

from faultsim.cli.app import main

__all__ = ["main"]
