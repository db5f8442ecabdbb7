#!/usr/bin/env bash
# MongoDB as a replica set of one member, with users: makes at its first start what is missing, and keeps it at each
# further one. The image's own entry point does not start a replica set.
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")
secrets=${SANDGLASS_SECRETS:-/run/secrets}
keyfile=${TMPDIR:-/tmp}/keyfile
ready_mark=${TMPDIR:-/tmp}/ready
limit_seconds=${SANDGLASS_MONGO_SECONDS:-90}

say() { printf 'mongo: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

for name in mongo_root_password mongo_password mongo_keyfile; do
    [ -s "$secrets/$name" ] || die "the secret $secrets/$name is missing, empty or not readable by uid $(id -u); run: compose/stack.sh prepare"
done

# mongod wants it for itself alone; the secret's own file is readable by others.
rm -f "$keyfile" "$ready_mark"
(umask 077 && cat "$secrets/mongo_keyfile" >"$keyfile")
chmod 0400 "$keyfile"

mongod --replSet rs0 --keyFile "$keyfile" --bind_ip_all --port 27017 --dbpath /data/db --quiet "$@" &
server=$!
stopping=
stop() { stopping=1; kill -TERM "$server" 2>/dev/null || true; }
trap stop TERM INT

# mongosh writes its log and history to its home.
export HOME=${TMPDIR:-/tmp}
setup() { SANDGLASS_SECRETS=$secrets mongosh --quiet --norc --nodb --file "$here/replica.js"; }

deadline=$((SECONDS + limit_seconds))
until setup; do
    code=$?
    kill -0 "$server" 2>/dev/null || break
    [ -z "$stopping" ] || break
    # 3: nothing that waiting would mend.
    if [ "$code" = 3 ] || [ "$SECONDS" -ge "$deadline" ]; then
        stop
        wait "$server" || true
        die "the replica set is not set up: see above"
    fi
    sleep 1
done
if [ -z "$stopping" ] && kill -0 "$server" 2>/dev/null; then
    touch "$ready_mark"
    say "the replica set is up, and this is its primary"
fi

# A signal ends `wait`, not the server: it is waited for again.
code=0
while :; do
    code=0
    wait "$server" || code=$?
    kill -0 "$server" 2>/dev/null || break
done
exit "$code"
