#!/usr/bin/env bash
# Puts Docker's compose plugin (v2) into .sandglass/bin: Debian 13 has it as a package, Debian 12 has 1.29 only. apt
# checks the package's signature with this machine's own keys; nothing is installed. Quick where it is there.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=$root/.sandglass/bin/docker-compose-v2
[ ! -x "$out" ] || exit 0
command -v apt-get >/dev/null || { echo "no apt-get here: install docker-compose-plugin by hand" >&2; exit 3; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# apt reads as a user of its own.
chmod 0755 "$work"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$root/.sandglass/bin"
mirror=http://deb.debian.org/debian
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] $mirror trixie main" >"$work/sources.list"
options=(-qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
apt-get "${options[@]}" update
(cd "$work" && apt-get "${options[@]}" download docker-compose)
dpkg-deb -x "$work"/docker-compose_2*.deb "$work/unpacked"
install -m 0755 "$work/unpacked/usr/libexec/docker/cli-plugins/docker-compose" "$out.$$"
mv -f "$out.$$" "$out"
