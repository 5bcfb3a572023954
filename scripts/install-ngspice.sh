#!/usr/bin/env bash
# Makes sure of ngspice: the shared library (simulations) and the program (stand-alone decks, cross-checks).
set -euo pipefail
cd "$(dirname "$0")/.."

has_library() {
    # PySpice's own variable may name a library that the loader does not know.
    [ -n "${NGSPICE_LIBRARY_PATH:-}" ] && [ -e "$NGSPICE_LIBRARY_PATH" ] && return
    # No `grep -q`: it would end the pipe early, and pipefail would call that a failure.
    PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep 'libngspice\.so' >/dev/null && return
    compgen -G '/opt/homebrew/lib/libngspice*.dylib' >/dev/null || compgen -G '/usr/local/lib/libngspice*' >/dev/null
}

missing=()
has_library || missing+=(libngspice0)
command -v ngspice >/dev/null || missing+=(ngspice)
[ ${#missing[@]} -eq 0 ] && exit

if command -v apt-get >/dev/null; then
    bash scripts/apt-install.sh "${missing[@]}"
    exit
fi

if [ "$(uname -s)" = Darwin ]; then
    command="brew install ngspice libngspice"
elif command -v dnf >/dev/null; then
    command="sudo dnf install ngspice libngspice"
elif command -v pacman >/dev/null; then
    command="sudo pacman -S ngspice"
else
    command="conda install -c conda-forge ngspice    # or your system's packages of ngspice and libngspice"
fi
echo "faultsim: ngspice's program or its shared library is missing. Run this, then the same make again:" >&2
echo "    $command" >&2
echo "A library in an unusual place: set NGSPICE_LIBRARY_PATH to the file." >&2
exit 1
