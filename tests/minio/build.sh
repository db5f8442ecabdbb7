#!/bin/sh
# Builds the MinIO test server into .sandglass/bin/minio; does nothing when that is newer than go.mod and go.sum.
# MinIO is AGPL-3.0: it is built and run beside the tests, never linked with anything of ours and never shipped.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${1:-$root/.sandglass/bin/minio}

if [ -x "$out" ] && [ -z "$(find "$here" -maxdepth 1 -name 'go.*' -newer "$out")" ]; then
    echo "minio: $out is up to date"
    exit 0
fi
what=minio
. "$root/tests/find_go.sh"
echo "minio: building $out with $("$go" version | cut -d' ' -f3) (two to four minutes the first time)"
mkdir -p "$(dirname "$out")"
# Built beside and renamed: two builders at once never leave half a binary.
cd "$here"
CGO_ENABLED=0 "$go" build -trimpath -ldflags '-s -w' -o "$out.$$" github.com/minio/minio
mv -f "$out.$$" "$out"
echo "minio: built $out"
