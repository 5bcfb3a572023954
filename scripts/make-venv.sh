#!/usr/bin/env bash
# make-venv.sh [EXTRA]  Makes .venv and installs faultsim into it (editable) with the pinned versions.
# EXTRA: test, lint, bench or docs. A stamp in .venv remembers what was installed, so nothing happens twice.
set -euo pipefail
cd "$(dirname "$0")/.."

extra="${1:-}"
venv_python=.venv/bin/python
stamp=".venv/.installed-${extra:-base}"

# The folder's own path is in it because a venv breaks when it is moved.
fingerprint() {
    { pwd; cat pyproject.toml requirements/constraints.txt; grep __version__ faultsim/__init__.py; } | cksum
}

find_python() {
    local candidates=(python3 python3.13 python3.12 python3.11 python3.14) candidate
    [ -n "${PYTHON:-}" ] && candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    echo "faultsim: Python 3.11 or newer is needed; tried: ${candidates[*]}." >&2
    echo "Debian 12, Ubuntu 24.04 or newer: sudo apt-get install -y python3 python3-venv" >&2
    echo "Elsewhere: install it, then say which: make ... PYTHON=/path/to/python3.11" >&2
    return 1
}

# Debian splits pip's installer off Python; without it `python -m venv` fails half-way.
ensure_venv_module() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null && return
    bash scripts/apt-install.sh "$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    "$1" -c 'import ensurepip, venv' || {
        echo "faultsim: $1 still cannot make virtual environments. Choose another: make ... PYTHON=..." >&2
        return 1
    }
}

pip_install() {
    "$venv_python" -m pip install --quiet --disable-pip-version-check --no-input -c requirements/constraints.txt "$@" >&2
}

[ -x "$venv_python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$(fingerprint)" ] && exit

if ! "$venv_python" -m pip --version >/dev/null 2>&1; then
    python="$(find_python)"
    ensure_venv_module "$python"
    echo "faultsim: making .venv with $("$python" -V)" >&2
    "$python" -m venv --clear .venv
fi

echo "faultsim: installing faultsim${extra:+[$extra]} and its pinned dependencies into .venv" >&2
# Builders from our pins and no build isolation: nothing unpinned takes part. hatchling builds faultsim, setuptools the
# test extra's source distributions (the one a new venv brings cannot make wheels).
pip_install hatchling setuptools
pip_install --no-build-isolation -e ".${extra:+[$extra]}"
fingerprint >"$stamp"
