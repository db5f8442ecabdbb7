#!/usr/bin/env bash
# What does a fresh machine need before the local stack can start? System packages (named first, installed only
# as root or with SANDGLASS_INSTALL=1) and a virtual environment with exactly the locked libraries.
# Usage: bootstrap.sh [--tests]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

VENV=.venv
STAMP=$VENV/.sandglass-stamp
UV_VERSION=0.13.9
APT_LOG=.sandglass/logs/apt.log
UPDATED=""

say() { printf 'sandglass: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

usable_python() {
    local name
    for name in python3.11 python3.12 python3.13 python3 /usr/bin/python3; do
        "$name" -c 'import sys, ssl, sqlite3; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        [ "${1:-}" = any ] || "$name" -c 'import venv, ensurepip' 2>/dev/null || continue
        "$name" -c 'import sys; print(sys.executable)'
        return 0
    done
    return 1
}

may_install() {
    command -v apt-get >/dev/null || return 1
    [ "${SANDGLASS_INSTALL:-}" != 0 ] || return 1
    [ "$(id -u)" = 0 ] || [ "${SANDGLASS_INSTALL:-}" = 1 ]
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

apt_update() {
    [ -z "$UPDATED" ] || return 0
    apt_quietly update -qq || die "apt-get update failed: see above; is the package mirror reachable?"
    UPDATED=1
}

# RUNLEVEL=1: the packages' own redis and docker services are not started, ours are the only ones.
apt_quietly() {
    mkdir -p "$(dirname "$APT_LOG")"
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get "$@" >>"$APT_LOG" 2>&1 && return 0
    tail -n 20 "$APT_LOG" >&2
    return 1
}

install_packages() {
    say "system packages to install with apt-get: $*"
    if ! may_install; then
        command -v apt-get >/dev/null || die "no apt-get here: install the counterparts of these packages, then run this again"
        die "not installing as this user; run: sudo apt-get update && sudo apt-get install -y --no-install-recommends $*  (or SANDGLASS_INSTALL=1 to let this script use sudo)"
    fi
    apt_update
    apt_quietly install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" ||
        die "apt-get could not install: $*"
}

python_packages() {
    local version
    if may_install; then apt_update; fi
    version=$(apt-cache policy python3 2>/dev/null | awk '/Candidate:/ {print $2}')
    if [ -n "$version" ] && dpkg --compare-versions "$version" ge 3.11; then
        echo python3 python3-venv ca-certificates
    else
        echo python3.11 python3.11-venv ca-certificates
    fi
}

# uv reads neither pip.conf nor PIP_*: hand it the mirror and the certificates that pip was told.
uv_settings() {
    local index cert
    index=${PIP_INDEX_URL:-$("$VENV/bin/pip" config get global.index-url 2>/dev/null || true)}
    cert=${PIP_CERT:-$("$VENV/bin/pip" config get global.cert 2>/dev/null || true)}
    [ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
    [ -z "$cert" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$cert}"
    export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-120}" UV_LINK_MODE="${UV_LINK_MODE:-copy}"
}

install_libraries() {
    local python=$VENV/bin/python
    uv_settings
    if "$VENV/bin/pip" install -q --disable-pip-version-check "uv==$UV_VERSION" >&2 &&
        "$VENV/bin/uv" pip install -q --compile-bytecode --python "$python" --require-hashes -r requirements.lock >&2; then
        "$VENV/bin/uv" pip install -q --python "$python" --no-deps -e . >&2 && return 0
    fi
    say "uv could not install; trying pip"
    "$python" -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock >&2 &&
        "$python" -m pip install -q --disable-pip-version-check --no-deps -e . >&2 ||
        die "the libraries of requirements.lock could not be installed: see above; is PyPI (or your mirror) reachable?"
}

ensure_venv() {
    local wanted
    # The folder is part of it: a moved checkout has scripts that point at the old place.
    wanted=$(cat requirements.lock pyproject.toml <(pwd) | sha256sum | cut -d' ' -f1)
    if [ -x "$VENV/bin/sandglass" ] && [ "$(cat "$STAMP" 2>/dev/null)" = "$wanted" ]; then return 0; fi
    say "making $VENV with the locked libraries"
    if ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then "$PYTHON" -m venv --clear "$VENV"; fi
    install_libraries
    echo "$wanted" >"$STAMP"
}

if [ "$(id -u)" = 0 ] || [ "${SANDGLASS_INSTALL:-}" = 1 ]; then WANT_TESTS=${1:-}; else WANT_TESTS=""; fi
[ -x "$VENV/bin/python" ] && "$VENV/bin/python" -c '' 2>/dev/null && PYTHON=$VENV/bin/python || PYTHON=$(usable_python) || PYTHON=""
if [ -z "$PYTHON" ]; then
    # shellcheck disable=SC2046
    install_packages $(python_packages)
    PYTHON=$(usable_python) || die "still no Python >= 3.11 with the venv module"
fi
# shellcheck disable=SC2086
NEEDED=$("$PYTHON" -m client.stack.needs $WANT_TESTS)
# shellcheck disable=SC2086
[ -z "$NEEDED" ] || install_packages $NEEDED
ensure_venv
