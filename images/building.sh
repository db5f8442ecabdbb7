# shellcheck shell=bash
# What the builds of both images share: which engine, which base, whether there is anything to do. Sourced, not run.
#
#   --engine podman|docker, --engine-url URL   which engine; else DOCKER_HOST, else the one that is installed
#   SANDGLASS_BASE       a base image to build on, instead of looking for one
#   SANDGLASS_CA_BUNDLE  certificates for pip (default: the machine's own); stays out of the image
# The caller sets `name` (what messages begin with) and `tag`.

public_base=docker.io/library/debian:bookworm-slim
offline_base=localhost/sandglass-base:bookworm
offline_packages=python3,python3-pip,ca-certificates,fonts-wqy-microhei
url=${DOCKER_HOST:-}
engine=
cli=()

say() { printf '%s: %s\n' "$name" "$*"; }
fail() { printf '%s: %s\n' "$name" "$*" >&2; exit 1; }

read_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --engine-url) url=${2:?--engine-url needs a URL}; shift 2 ;;
      --engine) engine=${2:?--engine needs podman or docker}; shift 2 ;;
      *) fail "unknown argument '$1'; usage: ${0##*/} [--engine podman|docker] [--engine-url URL]" ;;
    esac
  done
}

choose_engine() {
  if [ -n "$url" ] && [ -z "$engine" ]; then
    case $url in *podman*) engine=podman ;; *) engine=docker ;; esac
    command -v "$engine" >/dev/null || { [ "$engine" = docker ] && engine=podman || engine=docker; }
  fi
  if [ -z "$engine" ]; then
    if command -v podman >/dev/null; then engine=podman
    elif command -v docker >/dev/null; then engine=docker
    else fail "neither podman nor docker is installed; install one (apt-get install podman runc)"; fi
  fi
  command -v "$engine" >/dev/null || fail "$engine is not installed"
  case $engine in
    podman) if [ -n "$url" ]; then cli=(podman --url "$url"); else cli=(podman); fi ;;
    docker) if [ -n "$url" ]; then cli=(docker --host "$url"); else cli=(docker); fi ;;
    *) fail "unknown engine '$engine'; it is podman or docker" ;;
  esac
  if [ "$engine" = podman ] && [ -z "$url" ] && command -v runc >/dev/null; then
    cli=(podman --runtime runc)  # Debian's crun refuses hybrid cgroups
  fi
}

# The digest of a list of files, given on stdin with a NUL behind each, their names included.
digest_of_files() {
  LC_ALL=C sort -z | xargs -0 sha256sum \
    | { cat; printf '%s\n' "$offline_packages" "${SANDGLASS_BASE:-}"; } | sha256sum | cut -c1-32
}

is_up_to_date() {
  local present
  present=$("${cli[@]}" image inspect --format '{{ index .Config.Labels "sandglass.inputs" }}' "$tag" 2>/dev/null || true)
  [ "$present" = "$1" ]
}

registry_answers() {
  command -v curl >/dev/null || return 1
  local status
  status=$(curl -sS -o /dev/null -m 5 -w '%{http_code}' https://registry-1.docker.io/v2/ 2>/dev/null) || return 1
  [ "$status" = 401 ] || [ "$status" = 200 ]
}

make_offline_base() {
  if "${cli[@]}" image inspect "$offline_base" >/dev/null 2>&1; then
    say "base: $offline_base, made earlier"
    return
  fi
  command -v mmdebstrap >/dev/null \
    || fail "no registry answers and mmdebstrap is missing: apt-get install mmdebstrap, or set SANDGLASS_BASE"
  say "base: no registry answers; making $offline_base from this machine's apt sources (about 30 s)"
  mmdebstrap --quiet --variant=minbase --include="$offline_packages" bookworm "$work/base.tar" \
    || fail "mmdebstrap failed; does apt-get update work on this machine?"
  "${cli[@]}" import "$work/base.tar" "$offline_base" >/dev/null
  rm -f "$work/base.tar"
}

choose_base() {
  base=${SANDGLASS_BASE:-}
  if [ -n "$base" ]; then
    say "base: $base"
  elif registry_answers; then
    base=$public_base
    say "base: $base"
  else
    make_offline_base
    base=$offline_base
  fi
}

copy_ca_bundle() {
  local bundle=${SANDGLASS_CA_BUNDLE:-${PIP_CERT:-${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}}}
  [ -f "$bundle" ] || bundle=$(python3 -c 'import ssl; print(ssl.get_default_verify_paths().cafile or "")')
  [ -f "$bundle" ] || fail "no CA bundle found; set SANDGLASS_CA_BUNDLE to a PEM file"
  cp "$bundle" "$1/ca-bundle.crt"
}

# build_image CONTEXT INPUTS [OPTION...]: the image `tag`; what it replaces goes, unless something still uses it.
build_image() {
  local context=$1 inputs=$2 started=$SECONDS replaced made size names
  shift 2
  printf '%s\n' "$inputs" > "$context/inputs"  # in the image: else a layer cache hands out the label of an older build
  local options=(--network host --tag "$tag" --file "$context/Containerfile" --build-arg "BASE=$base" --build-arg "INPUTS=$inputs" "$@")
  [ -z "${PIP_INDEX_URL:-}" ] || options+=(--build-arg "PIP_INDEX_URL=$PIP_INDEX_URL")
  if [ "$engine" = podman ]; then
    options+=(--format docker --layers)
  else
    docker buildx version >/dev/null 2>&1 || export DOCKER_BUILDKIT=0
  fi
  say "building $tag with $engine (a few minutes the first time)"
  replaced=$("${cli[@]}" image inspect --format '{{ .Id }}' "$tag" 2>/dev/null || true)
  "${cli[@]}" build "${options[@]}" "$context" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; fail "the build failed (log above)"; }
  size=$("${cli[@]}" image inspect --format '{{ .Size }}' "$tag")
  made=$("${cli[@]}" image inspect --format '{{ .Id }}' "$tag")
  # By id it goes with all its names: what another tag still names stays.
  names=$([ -z "$replaced" ] || "${cli[@]}" image inspect --format '{{ len .RepoTags }}' "$replaced" 2>/dev/null || true)
  if [ "$replaced" != "$made" ] && [ "${names:-1}" = 0 ]; then
    "${cli[@]}" rmi "$replaced" >/dev/null 2>&1 || say "the image before it is still in use and stays"
  fi
  say "$tag built in $((SECONDS - started)) s, $((size / 1000000)) MB ($inputs)"
}
