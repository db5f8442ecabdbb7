#!/usr/bin/env bash
# Puts Sandglass' units into this user's systemd, and makes what they need; README.md says more.
#
# usage: install.sh [check]    what this host lacks, and how it is mended
#        install.sh install    check, units, settings (yours are kept), secrets (those that are missing), then daemon-reload
#        install.sh secrets    the missing secrets only
#        install.sh remove     end it and take the units away; settings, secrets and data stay
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
config=${XDG_CONFIG_HOME:-$HOME/.config}
settings=$config/sandglass
quadlets=$config/containers/systemd
units=$config/systemd/user
faults=0
# shellcheck source=podman/secrets.sh
. "$here/secrets.sh"

say() { printf 'sandglass: %s\n' "$*"; }
die() { printf 'sandglass: %s\n' "$*" >&2; exit 1; }
fault() { printf 'sandglass: %s\n' "$*" >&2; faults=$((faults + 1)); }

check() {
    local version controllers wanted
    [ "$(id -u)" != 0 ] || die "run this as the user that is to own the stack, not as root: its containers need no more rights than that user's"
    version=$(podman version --format '{{.Client.Version}}') || die "podman does not work here: podman info says why"
    [ "${version%%.*}" -ge 5 ] || fault "podman is $version; these units need 5.0 or newer"
    { grep -q "^$(id -un):" /etc/subuid && grep -q "^$(id -un):" /etc/subgid; } \
        || fault "$(id -un) has no subordinate ids; as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)"
    [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] \
        || fault "this host has no cgroup v2, without which limits do not hold; boot with systemd.unified_cgroup_hierarchy=1"
    systemctl --user show-environment >/dev/null 2>&1 \
        || die "this user's systemd does not answer; log in by ssh or machinectl shell, not by su or sudo"
    controllers=$(podman info --format '{{.Host.CgroupControllers}}')
    for wanted in cpu memory pids; do
        [[ " ${controllers//[\[\]]/ } " == *" $wanted "* ]] \
            || fault "the cgroup controller '$wanted' is not delegated to this user, so that limit would not hold; README.md says how (Delegate=)"
    done
    [ "$(loginctl show-user "$(id -un)" --property Linger --value 2>/dev/null)" = yes ] \
        || fault "the stack would end when this user logs out; as root: loginctl enable-linger $(id -un)"
    systemctl is-active --quiet network-online.target \
        || say "each start waits 90 s for network-online.target, which nothing starts here; as root: systemctl add-wants multi-user.target network-online.target && systemctl start network-online.target"
    find_init || fault "podman finds no catatonit, which is a sandbox's first process; as root: apt-get install catatonit (dnf install catatonit)"
    local image
    for image in localhost/sandglass:dev localhost/sandglass-sandbox:dev; do
        podman image exists "$image" || fault "the image $image is not in this user's storage; README.md says how it gets there"
    done
    [ "$faults" != 0 ] || say "this host has what is needed (podman $version)"
}

# Where Podman looks for it.
find_init() {
    local path
    for path in /usr/libexec/podman /usr/local/libexec/podman /usr/local/lib/podman /usr/lib/podman /usr/libexec/catatonit; do
        [ ! -x "$path/catatonit" ] || return 0
    done
    command -v catatonit >/dev/null
}

install_units() {
    mkdir -p "$quadlets" "$units" "$settings/mongo"
    cp "$here"/systemd/*.container "$here"/systemd/*.network "$here"/systemd/*.volume "$quadlets/"
    cp -r "$here"/systemd/sandglass.target "$here"/systemd/podman.service.d "$units/"
    cp "$here/settings/containers.conf" "$root/policies/seccomp.json" "$settings/"
    cp "$root"/compose/mongo/* "$settings/mongo/"
    chmod -R a+rX "$settings/mongo"
    [ -e "$settings/sandglass.env" ] || cp "$here/settings/sandglass.env" "$settings/"
    make_secrets redis mongo replicaSet=rs0
    systemctl --user daemon-reload
    systemctl --user enable podman.socket sandglass.target
    say "units are in $quadlets, settings in $settings"
    say "start it: systemctl --user start sandglass.target"
}

# Podman's secrets belong to all of this user's containers, so each of their names begins with ours.
podman_name() { printf 'sandglass_%s' "${1#sandglass_}"; }
read_secret() { podman secret inspect --showsecret --format '{{.SecretData}}' "$(podman_name "$1")"; }

# One that is there is kept.
secret() {
    local name
    name=$(podman_name "$1")
    podman secret exists "$name" || { printf '%s' "$2" | podman secret create "$name" - >/dev/null; say "secret: made $name"; }
}

# A worker that was killed leaves them, and with the stack gone nobody else would sweep them up.
remove_sandboxes() {
    local stack left
    stack=$(sed -n 's/^SANDGLASS_STACK=//p' "$settings/sandglass.env" | tail -n 1)
    left=$(podman ps -aq --filter "label=sandglass.stack=${stack:-default}")
    # shellcheck disable=SC2086
    [ -z "$left" ] || podman rm -f $left >/dev/null
}

remove() {
    local file
    systemctl --user disable --now sandglass.target || true
    systemctl --user stop 'sandglass-*' || true
    remove_sandboxes
    for file in "$here"/systemd/*.container "$here"/systemd/*.network "$here"/systemd/*.volume; do
        rm -f "$quadlets/${file##*/}"
    done
    find "$quadlets" -maxdepth 1 -name 'sandglass-worker@*.container' -type l -delete
    rm -f "$units/sandglass.target" "$units/podman.service.d/sandglass.conf"
    systemctl --user daemon-reload
    systemctl --user reset-failed 'sandglass-*' 2>/dev/null || true
    say "ended, the units are gone; what stays: settings in $settings, podman secrets and volumes called sandglass*"
}

case ${1-check} in
    check) check; [ "$faults" = 0 ] || exit 1 ;;
    install) check; install_units; [ "$faults" = 0 ] || die "$faults fault(s), see above: mend them before you start it" ;;
    secrets) make_secrets redis mongo replicaSet=rs0 ;;
    remove) remove ;;
    *) sed -n '4,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
