#!/usr/bin/env bash
# apt-install.sh PACKAGE...  Installs Debian or Ubuntu packages, as root or through sudo.
# Where it cannot, it says the one command that does, and stops.
set -euo pipefail

give_up() {
    echo "faultsim: $1 Run this as root, then the same make again:" >&2
    echo "    apt-get update && apt-get install -y $packages" >&2
    exit 1
}

packages="$*"
command -v apt-get >/dev/null || give_up "no apt-get here."

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || give_up "not root, and no sudo here."
    as_root=(sudo)
fi

echo "faultsim: installing $packages with apt-get" >&2
# A fresh machine has no package lists. A broken third-party source must not stop us: the install below is the judge.
"${as_root[@]}" apt-get -qq update >&2 || true
# The lock timeout: a machine that has just booted is often busy upgrading itself.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    install -y --no-install-recommends "$@" >&2 </dev/null || give_up "apt-get failed."
