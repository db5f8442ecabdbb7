#!/usr/bin/env bash
# Plays stack.kube.yaml with the paths of this host, as the user who calls it: root or not, with systemd or without.
#
# usage: kube.sh up        what is missing (folder, secrets, network), then podman kube play
#        kube.sh down      podman kube down, and the sandboxes; the data stay in volumes
#        kube.sh render    print what would be played
#   SANDGLASS_KUBE_STATE      where secrets and what pods mount is kept (default: ~/.config/sandglass-kube)
#   SANDGLASS_KUBE_NAME       what pods and volumes begin with, and the network is called (default: sandglass)
#   SANDGLASS_ENGINE_SOCKET   Podman's socket (default: podman.socket's, of this user)
#   SANDGLASS_PORT            of 127.0.0.1 (default: 8000)
#   SANDGLASS_APP_IMAGE, SANDGLASS_IMAGE, SANDGLASS_REDIS_IMAGE, SANDGLASS_MONGO_IMAGE: others than in the file
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
state=${SANDGLASS_KUBE_STATE:-${XDG_CONFIG_HOME:-$HOME/.config}/sandglass-kube}
name=${SANDGLASS_KUBE_NAME:-sandglass}
port=${SANDGLASS_PORT:-8000}
runtime=/run
[ "$(id -u)" = 0 ] || runtime=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
socket=${SANDGLASS_ENGINE_SOCKET:-$runtime/podman/podman.sock}
# shellcheck source=podman/secrets.sh
. "$here/secrets.sh"

die() { printf 'sandglass: %s\n' "$*" >&2; exit 1; }
read_secret() { cat "$state/secrets/$1"; }
# Mounted as they are, so the containers' users must be able to read them: the folder keeps others out.
secret() { [ -e "$state/secrets/$1" ] || { printf '%s\n' "$2" >"$state/secrets/$1" && chmod 0444 "$state/secrets/$1"; }; }

prepare() {
    [ -S "$socket" ] || die "there is no Podman socket at $socket; start it: systemctl --user enable --now podman.socket (root: without --user), or without systemd: podman system service --time=0 unix://$socket &"
    mkdir -p "$state/secrets" "$state/mongo"
    chmod 0700 "$state/secrets"
    make_secrets "$name-redis" "$name-mongo" directConnection=true
    cp "$root/policies/seccomp.json" "$state/"
    cp "$root"/compose/mongo/* "$state/mongo/"
    chmod -R a+rX "$state/mongo" "$state/seccomp.json"
    podman network exists "$name" || podman network create "$name" >/dev/null
}

render() {
    local edits=(
        "s|path: /etc/sandglass/|path: $state/|"
        "s|SECCOMP_PATH: /etc/sandglass/|SECCOMP_PATH: $state/|"
        "s|path: /run/podman,|path: ${socket%/*},|"
        "s|/run/engine/podman.sock|/run/engine/${socket##*/}|"
        "s#\(name\|claimName\): sandglass-#\1: $name-#g"
        "s|SANDGLASS_STACK: sandglass\$|SANDGLASS_STACK: $name|"
        "s|hostPort: 8000|hostPort: $port|"
        "s|image: localhost/sandglass:dev|image: ${SANDGLASS_APP_IMAGE:-localhost/sandglass:dev}|"
        "s|SANDGLASS_IMAGE: .*|SANDGLASS_IMAGE: ${SANDGLASS_IMAGE:-localhost/sandglass-sandbox:dev}|"
        ${SANDGLASS_REDIS_IMAGE:+"s|image: docker.io/library/redis:.*|image: $SANDGLASS_REDIS_IMAGE|"}
        ${SANDGLASS_MONGO_IMAGE:+"s|image: docker.io/library/mongo:.*|image: $SANDGLASS_MONGO_IMAGE|"}
    )
    sed "${edits[@]/#/-e}" "$here/stack.kube.yaml"
}

# A worker that was killed leaves them.
remove_sandboxes() {
    local left
    left=$(podman ps -aq --filter "label=sandglass.stack=$name")
    # shellcheck disable=SC2086
    [ -z "$left" ] || podman rm -f $left >/dev/null
}

case ${1-} in
    up)
        prepare
        render >"$state/stack.kube.yaml"
        podman kube play --network "$name" "$state/stack.kube.yaml"
        echo "Sandglass starts at http://127.0.0.1:$port; key: $state/secrets/sandglass_first_key" ;;
    down)
        podman kube down "$state/stack.kube.yaml"
        remove_sandboxes ;;
    render) render ;;
    *) sed -n '4,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
