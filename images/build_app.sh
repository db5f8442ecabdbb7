#!/usr/bin/env bash
# Builds the image of gateway, worker, engine proxy and command line; does nothing when it is there already.
#
# usage: build_app.sh [--engine podman|docker] [--engine-url URL]
#   SANDGLASS_APP_IMAGE  the tag (default sandglass:dev); more variables in building.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=${here%/*}
name="app image"
tag=${SANDGLASS_APP_IMAGE:-sandglass:dev}
parts=(gateway worker store policies client)
files=(Containerfile LICENSE pyproject.toml requirements.lock)
# shellcheck source=building.sh
. "$here/building.sh"
read_arguments "$@"
choose_engine

inputs=$(cd "$project" && {
  find "${parts[@]}" images -type f -not -path '*/__pycache__/*' -not -name 'build*.sh' -print0
  printf '%s\0' "${files[@]}"
} | digest_of_files)
if is_up_to_date "$inputs"; then
  say "$tag is up to date ($inputs)"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
choose_base
context=$work/context
mkdir -p "$context/code"
tar -C "$project" --exclude=__pycache__ -cf - "${files[@]}" images | tar -C "$context" -xf -
tar -C "$project" --exclude=__pycache__ -cf - "${parts[@]}" | tar -C "$context/code" -xf -
copy_ca_bundle "$context"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$project/pyproject.toml")
revision=$(git -C "$project" rev-parse HEAD 2>/dev/null || echo unknown)
build_image "$context" "$inputs" --build-arg "VERSION=$version" --build-arg "REVISION=$revision"
