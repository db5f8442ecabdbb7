#!/bin/sh
# Starts Podman's API on $SOCKET, for the group of the socket's folder: the engine proxy is in it, the worker has no mount of it.
set -eu
folder=$(dirname "$SOCKET")

# A cgroup that has processes hands no controllers on (cgroup v2): ours go one down, sandboxes get their own beside it.
if [ -w /sys/fs/cgroup/cgroup.subtree_control ]; then
  mkdir -p /sys/fs/cgroup/engine
  while read -r pid; do echo "$pid" > /sys/fs/cgroup/engine/cgroup.procs 2>/dev/null || true; done < /sys/fs/cgroup/cgroup.procs
  for controller in cpu memory pids; do
    echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control ||
      { echo "engine: the controller $controller is not handed on to this pod; sandboxes would have no limit of it" >&2; exit 1; }
  done
else
  echo "engine: /sys/fs/cgroup is not writable, so sandboxes could have no limits: see compose/kubernetes/README.md" >&2
  exit 1
fi

podman load --quiet --input /usr/share/sandglass/sandbox.tar
rm -f "$SOCKET" "$folder/.starting"
podman system service --time=0 "unix://$folder/.starting" &
engine=$!
trap 'kill "$engine"' TERM INT
until [ -S "$folder/.starting" ]; do kill -0 "$engine"; sleep 0.1; done
chgrp "$(stat -c %g "$folder")" "$folder/.starting"
chmod 0660 "$folder/.starting"
# There only once it may be used.
mv "$folder/.starting" "$SOCKET"
wait "$engine"
