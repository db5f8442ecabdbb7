# Which container engine and which compose tool are on this machine, and what is done with them. Read by stack.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154

tool=()
tool_version=""
engine=""
engine_version=""

find_engine() {
    local wanted=$SANDGLASS_ENGINE
    case $wanted in
        "" | docker | podman) ;;
        *) die "SANDGLASS_ENGINE is docker or podman, not '$wanted'" ;;
    esac
    if [ "$wanted" != podman ] && docker_answers; then
        engine=docker
    elif [ "$wanted" = docker ]; then
        die_without_docker
    elif command -v podman >/dev/null && engine_version=$(podman version --format '{{.Client.Version}}' 2>/dev/null); then
        engine=podman
    elif command -v docker >/dev/null || command -v podman >/dev/null; then
        [ "$wanted" = podman ] || die_without_docker
        die "podman does not work here: podman info says why"
    else
        die "no container engine: install Docker (https://docs.docker.com/engine/install) or Podman (apt-get install podman), then run this again"
    fi
    SANDGLASS_ENGINE=$engine
    if [ "$engine" = docker ]; then find_docker_socket; find_docker_tool
    else find_podman_socket; find_podman_tool; fi
}

# Podman's stand-in for the `docker` command is Podman.
docker_answers() {
    command -v docker >/dev/null || return 1
    ! docker --version 2>/dev/null | grep -qi podman || return 1
    engine_version=$(docker version --format '{{.Server.Version}}' 2>/dev/null) && [ -n "$engine_version" ]
}

die_without_docker() {
    command -v docker >/dev/null || die "docker is not installed; install it (https://docs.docker.com/engine/install), or use Podman: SANDGLASS_ENGINE=podman $0 $command"
    local why
    why=$(docker version --format '{{.Server.Version}}' 2>&1 | grep -v '^$' | tail -n 1) || true
    case $why in
        *ermission*denied*) die "this user may not use Docker's socket: run it with sudo, or add the user to the group docker ($why)" ;;
        *) die "Docker does not answer; start it (systemctl start docker), or use Podman: SANDGLASS_ENGINE=podman $0 $command ($why)" ;;
    esac
}

find_docker_socket() {
    local host=${DOCKER_HOST:-}
    [ -n "$host" ] || host=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null) || host=""
    [ -n "$host" ] || host=unix:///var/run/docker.sock
    case $host in
        unix://*) SANDGLASS_ENGINE_SOCKET=${host#unix://} ;;
        *) die "the engine is at $host: the stack's proxy needs the engine's socket on this machine (for workers elsewhere see docs/scale.md)" ;;
    esac
    # Docker is given the seccomp profile's text.
    SANDGLASS_SECCOMP_PATH=""
}

find_docker_tool() {
    if [ -n "$SANDGLASS_COMPOSE" ]; then
        read -r -a tool <<<"$SANDGLASS_COMPOSE"
    elif docker compose version >/dev/null 2>&1; then
        tool=(docker compose)
    elif command -v docker-compose >/dev/null; then
        tool=(docker-compose)
    else
        die "no compose tool for Docker: install its plugin (apt-get install docker-compose-plugin, or docker-compose-v2), or docker-compose 1.29 (apt-get install docker-compose)"
    fi
    command -v "${tool[0]}" >/dev/null || die "SANDGLASS_COMPOSE is '$SANDGLASS_COMPOSE', which is not there; correct it in the environment or in $settings_file"
    tool_version=$("${tool[@]}" version --short 2>/dev/null) || die "${tool[*]} does not work: ${tool[*]} version says why"
    at_least "$tool_version" 1.29 || die "${tool[*]} is $tool_version; 1.29 or newer is needed"
}

find_podman_socket() {
    local path=$SANDGLASS_ENGINE_SOCKET candidate
    for candidate in "$path" "${XDG_RUNTIME_DIR:-/run}/podman/podman.sock" /run/podman/podman.sock; do
        [ -S "$candidate" ] || continue
        [ -w "$candidate" ] || die "this user may not use Podman's socket $candidate; start one of its own: systemctl --user enable --now podman.socket"
        podman --url "unix://$candidate" version >/dev/null 2>&1 || continue
        SANDGLASS_ENGINE_SOCKET=$candidate
        # Podman reads the seccomp profile where it runs, which is here.
        SANDGLASS_SECCOMP_PATH=$root/policies/seccomp.json
        return
    done
    die "Podman's socket does not answer; start it: systemctl enable --now podman.socket (as root), systemctl --user enable --now podman.socket (as yourself), or without systemd: podman system service --time=0 unix:///run/podman/podman.sock &"
}

# Older ones than 1.3 leave out limits, groups and `network_mode: none` without a word (docs/decisions/0020).
find_podman_tool() {
    local own=""
    if [ -n "$SANDGLASS_COMPOSE" ]; then
        read -r -a tool <<<"$SANDGLASS_COMPOSE"
    else
        tool=(podman-compose)
        at_least "$(podman_compose_version)" 1.3 || own=1
    fi
    if [ -n "$own" ]; then
        ! command -v podman-compose >/dev/null || say "podman-compose here is $(podman_compose_version): before 1.3 it leaves out limits without a word; it is passed over" >&2
        tool=("$("$here/podman_compose.sh")") || exit 1
    fi
    tool_version=$(podman_compose_version)
    [ "$tool_version" != 0 ] || command -v "${tool[0]}" >/dev/null || die "SANDGLASS_COMPOSE is '$SANDGLASS_COMPOSE', which is not there; correct it in the environment or in $settings_file"
    at_least "$tool_version" 1.3 || die "${tool[*]} is $tool_version: before 1.3 it leaves out limits without a word; leave SANDGLASS_COMPOSE empty for one that does not"
}

# 0: none, or one too old to say.
podman_compose_version() {
    local said
    said=$("${tool[@]}" version 2>/dev/null | sed -n "s/^podman-composer* version:* *\([0-9.]*\).*/\1/p") || true
    echo "${said:-0}"
}

at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

engine_cli() { "$engine" "$@"; }

has_image() { engine_cli image inspect "$1" >/dev/null 2>&1; }

build_image() {
    local script=$root/sandbox_image/build.sh
    [ "$1" = "$SANDGLASS_IMAGE" ] || script=$root/images/build_app.sh
    "$script" --engine "$engine" || die "the image $1 could not be built: see above"
}
