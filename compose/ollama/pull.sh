#!/bin/sh
# Fetches the model into the volume of the service `ollama`, unless it is there.
set -eu
model=$SANDGLASS_OLLAMA_MODEL

until ollama list >/dev/null 2>&1; do sleep 1; done
if ollama show "$model" >/dev/null 2>&1; then
    echo "ollama: $model is there"
    exit 0
fi
echo "ollama: fetching $model, some gigabytes the first time"
ollama pull "$model" || { echo "ollama: $model could not be fetched; is the name right, is there a way out?" >&2; exit 1; }
echo "ollama: $model is there now"
