#!/bin/sh
# The image's health check: that of the part which runs in this container. With an init its command stands behind it.
case "$(tr '\0' ' ' < /proc/1/cmdline)" in
  *"-m gateway "*) exec python -m gateway.health ;;
  *"-m worker.engine_proxy "*) exec python -m worker.engine_proxy check ;;
  *"-m worker "*) exec python -m worker.health ;;
  *) echo "ok: no part of Sandglass runs here" ;;
esac
