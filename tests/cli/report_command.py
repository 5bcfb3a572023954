"""The report command in this process: the tests that only read a finished run need no process of their own."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout

import pytest

from faultsim.cli.app import main
from tests.cli.conftest import Done


def report(*words: object) -> Done:
    """Run ``faultsim report`` with its exit code, as the command line does."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr("sys.argv", ["faultsim", "report", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
    return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())
