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
what=ferretdb
. "$root/tests/find_go.sh"
echo "ferretdb: building $out with $("$go" version | cut -d' ' -f3) (a minute or two the first time)"
mkdir -p "$(dirname "$out")"
# Built beside and renamed: two builders at once never leave half a binary.
cd "$here"
CGO_ENABLED=0 "$go" build -trimpath -o "$out.$$" .
mv -f "$out.$$" "$out"
echo "ferretdb: built $out"
