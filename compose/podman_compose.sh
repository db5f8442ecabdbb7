#!/usr/bin/env bash
# Prints the path of podman-compose as podman-compose.lock pins it: a folder of its own in .sandglass (SANDGLASS_HOME),
# made where it is not there yet, since Debian 12 has one that is too old. SANDGLASS_INSTALL=0: only says how.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
folder=${SANDGLASS_HOME:-$root/.sandglass}/podman-compose
lock=$here/podman-compose.lock
pip=("$folder/bin/python" -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r "$lock")
readonly here root folder lock pip

say() { printf 'stack: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Run, not only looked for: the programs of a folder that was moved point at the old place.
is_there() {
    [ -f "$folder/lock" ] && [ "$(cat "$folder/lock")" = "$(cat "$lock")" ] && "$folder/bin/podman-compose" --version >/dev/null 2>&1
}

usable_python() {
    local name
    for name in "$root/.venv/bin/python" python3 /usr/bin/python3; do
        "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))' 2>/dev/null || continue
        echo "$name"
        return
    done
    return 1
}

install() {
    local python
    python=$(usable_python) ||
        die "podman-compose 1.3 or newer is needed, and there is no Python with venv to install it: apt-get install python3-venv, then run this again (or pipx install podman-compose)"
    [ "${SANDGLASS_INSTALL:-}" != 0 ] ||
        die "podman-compose 1.3 or newer is needed; run: $python -m venv --clear $folder && ${pip[*]} && cp $lock $folder/lock  (or pipx install podman-compose)"
    say "installing the locked podman-compose into $folder (SANDGLASS_INSTALL=0: not)"
    mkdir -p "$(dirname "$folder")"
    if ! { "$python" -m venv --clear "$folder" && "${pip[@]}"; } >&2; then
        die "podman-compose could not be installed: see above; is PyPI (or your mirror) reachable? Else: pipx install podman-compose"
    fi
    cp "$lock" "$folder/lock"
}

is_there || install
echo "$folder/bin/podman-compose"
