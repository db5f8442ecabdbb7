#!/usr/bin/env bash
# Builds the sandbox image with podman or docker, with or without a registry; does nothing when it is there already.
#
# usage: build.sh [--engine podman|docker] [--engine-url URL]
#   SANDGLASS_IMAGE      the tag (default sandglass-sandbox:dev); more variables in ../images/building.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
shared=$here/../images
name="sandbox image"
tag=${SANDGLASS_IMAGE:-sandglass-sandbox:dev}
# shellcheck source=../images/building.sh
. "$shared/building.sh"
read_arguments "$@"
choose_engine

inputs=$({
  cd "$here" && find . -type f -not -path '*/__pycache__/*' -not -name README.md -print0
  printf '%s\0' ../images/trim_debian.sh ../images/contents.py
} | (cd "$here" && digest_of_files))
if is_up_to_date "$inputs"; then
  say "$tag is up to date ($inputs)"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
choose_base
context=$work/context
mkdir "$context"
tar -C "$here" --exclude=__pycache__ -cf - . | tar -C "$context" -xf -
mkdir "$context/shared"
cp "$shared/trim_debian.sh" "$shared/contents.py" "$context/shared/"
copy_ca_bundle "$context"
build_image "$context" "$inputs"
