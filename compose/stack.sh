#!/usr/bin/env bash
# The whole stack as containers, on Docker or Podman.
#
# usage: stack.sh up [--workers N] [--gateways N] [--profiles LIST] [--outside] [--gpu]
#        stack.sh down [--volumes]        end it; with --volumes its data are lost
#        stack.sh prepare [as up]         engine, images, secrets and compose/.env, but start nothing
#        stack.sh scale N                 so many workers
#        stack.sh ps | logs [SERVICE] | restart [SERVICE]
#        stack.sh compose ARGUMENT...     the compose tool itself, with this stack's files and settings
#
# --profiles: of ollama,monitoring,tls,s3, or none. What `up` is told is kept in compose/.env for the next time.
#   SANDGLASS_ENGINE           docker or podman (default: what answers, Docker first)
#   SANDGLASS_COMPOSE          the compose tool's command (default: docker compose, docker-compose, podman-compose)
#   SANDGLASS_COMPOSE_FILES    compose files of your own, with colons between, read last
#   SANDGLASS_COMPOSE_STATE    where .env and secrets/ are kept (default: this folder)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
state=${SANDGLASS_COMPOSE_STATE:-$here}
readonly here root state
# shellcheck source=compose/engine.sh
. "$here/engine.sh"
# shellcheck source=compose/settings.sh
. "$here/settings.sh"

say() { printf 'stack: %s\n' "$*"; }
die() { printf 'stack: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '4,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }

compose() {
    local whole=("${tool[@]}" -p "$COMPOSE_PROJECT_NAME" "${files[@]}" "$@")
    if [ "$engine" = docker ]; then "${whole[@]}"
    else { "${whole[@]}" 2>&1 >&3 3>&- | without_noise >&2; } 3>&1; fi
}

# Podman without systemd says at each start that it runs no health checks, which nothing here waits for.
without_noise() { sed -u -e '/unable to get systemd connection to .* healthchecks/d' -e '/WARNING: unused networks/d'; }

# Of what the compose tools print only what went wrong is news.
compose_quietly() {
    local log
    log=$(mktemp)
    compose "$@" >"$log" 2>&1 && { rm -f "$log"; return 0; }
    tail -n 30 "$log" >&2
    rm -f "$log"
    return 1
}

prepare() {
    find_engine
    say "engine: $engine $engine_version at $SANDGLASS_ENGINE_SOCKET"
    say "compose tool: ${tool[*]} $tool_version"
    make_secrets
    keep_settings
    chmod -R a+rX "$here/mongo" "$here/ollama" "$here/s3" "$here/tls" "$here/monitoring" 2>/dev/null || true
    build_images
}

build_images() {
    local image
    for image in "$SANDGLASS_APP_IMAGE" "$SANDGLASS_IMAGE"; do
        if has_image "$image"; then
            say "image: $image is there"
        else
            say "image: $image is not there; building it"
            build_image "$image"
        fi
    done
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

check_ports() {
    local name
    for name in $(published_ports); do
        [ -n "${!name}" ] || continue
        port_is_free "${!name}" && continue
        die "port ${!name} of 127.0.0.1 is taken by another program; end that, or choose one: $name=$((${!name} + 1)) $0 up"
    done
}

# What 127.0.0.1:$1 answers to GET $2: head and body.
http_get() {
    (
        exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
        printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$2" >&3
        timeout 5 cat <&3
    ) 2>/dev/null || true
}

# Ready, and with an engine: a worker without one starts, too, and says so in each job.
is_ready() {
    local answer
    answer=$(http_get "$1" /readyz)
    [[ $answer == HTTP/*" 200 "* && $answer != *"cannot reach its container engine"* ]]
}

gateway_port() {
    [ -z "$SANDGLASS_PORT" ] || { echo "$SANDGLASS_PORT"; return; }
    # Several gateways: each has one of its own.
    engine_cli port "$(running gateway | head -n 1)" 8000/tcp 2>/dev/null | sed -n 's/.*:\([0-9]*\)$/\1/p' | head -n 1
}

await_ready() {
    local seconds=${SANDGLASS_UP_SECONDS:-180} port started=$SECONDS
    port=$(gateway_port)
    say "waiting for the store, Redis, a worker and its engine (up to $seconds s)"
    until is_ready "$port"; do
        [ $((SECONDS - started)) -lt "$seconds" ] || explain_not_ready "$port"
        sleep 0.5
    done
    say "ready after $((SECONDS - started)) s"
}

explain_not_ready() {
    local service optional=""
    compose ps >&2 || true
    ! has_profile s3 || optional="minio s3-bucket"
    for service in gateway worker engine-proxy mongo redis $optional; do
        printf '%s\n' "--- the end of the log of $service" >&2
        compose logs --tail 8 "$service" 2>&1 | tail -n 8 >&2 || true
    done
    die "not ready within ${SANDGLASS_UP_SECONDS:-180} s (http://127.0.0.1:$1/readyz says what is missing); the ends of the logs are above, all of them: $0 logs"
}

up() {
    prepare
    is_up || check_ports
    say "starting: $SANDGLASS_WORKERS worker(s)${COMPOSE_PROFILES:+, with $COMPOSE_PROFILES}"
    start_all || die "the stack did not start: see above"
    await_ready
    print_address
}

start_all() {
    if [ "$engine" = docker ]; then
        compose_quietly up -d --remove-orphans --scale "worker=$SANDGLASS_WORKERS" --scale "gateway=$SANDGLASS_GATEWAYS"
        return
    fi
    remove_podman_outdated
    # podman-compose scales one service at a time, and would take away all services where it has to make one anew.
    compose_quietly up -d --scale "worker=$SANDGLASS_WORKERS" || return 1
    [ "$SANDGLASS_GATEWAYS" = 1 ] || compose_quietly up -d --no-recreate --scale "gateway=$SANDGLASS_GATEWAYS" gateway || return 1
    remove_podman_orphans
}

# podman-compose makes a container anew when its settings change, not when its image does: an update would be none.
remove_podman_outdated() {
    local name has image now
    podman ps -a --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --format '{{.Names}} {{.ImageID}} {{.Image}}' |
        while read -r name has image; do
            # One whose image is nowhere any more could not be made anew.
            now=$(podman image inspect --format '{{.Id}}' "$image" 2>/dev/null) || continue
            [[ $now != "$has"* ]] || continue
            end_podman_container "$name, as $image is another one now" "$name"
        done
}

end_podman_container() {
    say "ending $1"
    podman stop -t 30 "$2" >/dev/null 2>&1
    podman rm -f "$2" >/dev/null 2>&1 || die "$2 could not be ended: podman rm $2 says why"
}

remove_podman_orphans() {
    local services name service number
    services=$(compose config --services 2>/dev/null) || return 0
    podman ps -a --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --format \
        '{{.Names}} {{index .Labels "com.docker.compose.service"}} {{index .Labels "com.docker.compose.container-number"}}' |
        while read -r name service number; do
            is_wanted "$service" "$number" "$services" && continue
            end_podman_container "$name" "$name"
        done
}

# Whether container number $2 of service $1 is one of the services $3, and of as many as were asked for.
is_wanted() {
    local most=1
    case $1 in
        worker) most=$SANDGLASS_WORKERS ;;
        gateway) most=$SANDGLASS_GATEWAYS ;;
    esac
    grep -qx -- "$1" <<<"$3" && [ "$2" -le "$most" ]
}

# The running containers of a service.
running() {
    engine_cli ps -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --filter "label=com.docker.compose.service=$1" 2>/dev/null
}

is_up() { [ -n "$(running gateway)" ]; }

print_address() {
    local port
    port=$(gateway_port)
    cat <<END
Sandglass is up: http://127.0.0.1:$port
key:      $SANDGLASS_SECRETS_DIR/sandglass_first_key
ask:      SANDGLASS_URL=http://127.0.0.1:$port SANDGLASS_KEY=\$(cat $SANDGLASS_SECRETS_DIR/sandglass_first_key) \\
          .venv/bin/sandglass ask FILE "QUESTION"
END
    case ,$COMPOSE_PROFILES, in *,tls,*) echo "TLS:      https://$SANDGLASS_DOMAIN:$SANDGLASS_TLS_PORT, on ${SANDGLASS_TLS_BIND}" ;; esac
    case ,$COMPOSE_PROFILES, in *,monitoring,*) cat <<END ;; esac
figures:  Grafana http://127.0.0.1:$SANDGLASS_GRAFANA_PORT (admin, $SANDGLASS_SECRETS_DIR/grafana_password), Prometheus http://127.0.0.1:$SANDGLASS_PROMETHEUS_PORT,
          Flower http://127.0.0.1:$SANDGLASS_FLOWER_PORT (sandglass, $SANDGLASS_SECRETS_DIR/flower_password)
END
    case ,$COMPOSE_PROFILES, in *,ollama,*) echo "model:    $SANDGLASS_MODEL is fetched at the first start: $0 logs ollama-pull" ;; esac
    echo "end it:   $0 down (the data stay)"
}

down() {
    local volumes="" arguments=(--remove-orphans)
    case ${1-} in
        --volumes | -v) volumes=1 ;;
        "") ;;
        *) usage ;;
    esac
    find_engine
    if [ -n "$volumes" ]; then
        say "losing for good: all sessions, files, jobs and keys (MongoDB, MinIO), the queue (Redis), fetched models, certificates, figures"
        arguments+=(--volumes)
    fi
    stop_workers
    compose_quietly down "${arguments[@]}" || die "not all of it could be ended: see above"
    remove_sandboxes
    if [ -n "$volumes" ]; then say "ended; its volumes are gone, the secrets in $SANDGLASS_SECRETS_DIR stay"
    else say "ended; its data stay in the volumes ${COMPOSE_PROJECT_NAME}_*: $0 up brings them back"; fi
}

# Before the proxy and Redis: a worker that ends in order takes its sandboxes with it, and one without them hangs.
stop_workers() {
    local workers
    workers=$(running worker) || return 0
    # shellcheck disable=SC2086
    [ -z "$workers" ] || engine_cli stop -t 30 $workers >/dev/null 2>&1 || true
}

# A worker that was killed leaves them, and with the stack gone nobody else would sweep them up.
remove_sandboxes() {
    local left
    left=$(engine_cli ps -aq --filter "label=sandglass.stack=$SANDGLASS_STACK" 2>/dev/null) || return 0
    # shellcheck disable=SC2086
    [ -z "$left" ] || engine_cli rm -f $left >/dev/null
}

command=${1-}
[ $# = 0 ] || shift
load_settings
case $command in
    up | prepare) read_options "$@"; "$command"
        [ "$command" = up ] || say "prepared; start it with: $0 up, or: ${tool[*]} ${files[*]} up -d" ;;
    down) down "$@" ;;
    scale)
        [[ ${1-} =~ ^[1-9][0-9]?$ ]] || die "how many workers? $0 scale N, from 1 to 99"
        read_options --workers "$1"; up ;;
    ps | logs | restart) find_engine; compose "$command" "$@" ;;
    compose) find_engine; compose "$@" ;;
    *) usage ;;
esac
