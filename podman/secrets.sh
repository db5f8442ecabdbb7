# What secrets the stack has, and what is in those that are made. Who reads this file defines `secret NAME VALUE`, which makes
# one that is missing, and `read_secret NAME`.
# shellcheck shell=bash

random_hex() { od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'; }

# The hosts that Redis and MongoDB are reached at, and what else MongoDB's URL says.
make_secrets() {
    local redis=$1 mongo=$2 options=$3
    secret redis_password "$(random_hex 24)"
    secret sandglass_redis_url "redis://:$(read_secret redis_password)@$redis:6379/0"
    secret mongo_root_password "$(random_hex 24)"
    secret mongo_password "$(random_hex 24)"
    secret mongo_keyfile "$(random_hex 96)"
    secret sandglass_store "mongodb://sandglass:$(read_secret mongo_password)@$mongo:27017/sandglass?authSource=admin&$options"
    secret sandglass_first_key "sg_$(random_hex 32)"
    # Yours to fill; white space is not set. Podman takes no empty secret.
    secret openai_api_key " "
}
