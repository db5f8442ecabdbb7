#!/bin/sh
# usage: build.sh [ENGINE]: makes sandglass-engine:dev with podman (or docker) from the sandbox image that is there.
set -eu
cd "$(dirname "$0")"
engine=${1:-podman}
image=${SANDGLASS_IMAGE:-sandglass-sandbox:dev}
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp Containerfile containers.conf storage.conf start.sh "$context"
"$engine" tag "$image" localhost/sandglass-sandbox:dev
# One archive for all workers: the image then has one id on each of them.
case $engine in
  *podman*) "$engine" save --format docker-archive --output "$context/sandbox.tar" localhost/sandglass-sandbox:dev ;;
  *) "$engine" save --output "$context/sandbox.tar" localhost/sandglass-sandbox:dev ;;
esac
"$engine" build --tag sandglass-engine:dev ${SANDGLASS_ENGINE_BASE:+--build-arg "BASE=$SANDGLASS_ENGINE_BASE"} --file "$context/Containerfile" "$context"
