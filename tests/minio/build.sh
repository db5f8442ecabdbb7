#!/bin/sh
# Builds the MinIO test server and its client into .sandglass/bin (minio, mc); does nothing where they are newer than go.mod and go.sum.
# MinIO is AGPL-3.0: it is built and run beside the tests, never linked with anything of ours and never shipped.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=$root/.sandglass/bin

is_new() { [ -x "$bin/$1" ] && [ -z "$(find "$here" -maxdepth 1 -name 'go.*' -newer "$bin/$1")" ]; }

if is_new minio && is_new mc; then
    echo "minio: $bin/minio and mc are up to date"
    exit 0
fi
what=minio
. "$root/tests/find_go.sh"
echo "minio: building $bin/minio and mc with $("$go" version | cut -d' ' -f3) (two to four minutes the first time)"
mkdir -p "$bin"
# Built beside and renamed: two builders at once never leave half a binary.
cd "$here"
for name in minio mc; do
    CGO_ENABLED=0 "$go" build -trimpath -ldflags '-s -w' -o "$bin/$name.$$" "github.com/minio/$name"
    mv -f "$bin/$name.$$" "$bin/$name"
done
echo "minio: built $bin/minio and mc"
