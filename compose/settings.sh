# What stack.sh is set up with: settings from the environment, else from compose/.env, else a default; secrets as files.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154

settings_file=$state/.env
# Kept in .env: NAME=DEFAULT. A variable of the environment goes before what is kept.
KEPT=(
    COMPOSE_PROJECT_NAME=sandglass
    COMPOSE_PROFILES=
    SANDGLASS_ENGINE=
    SANDGLASS_ENGINE_SOCKET=
    SANDGLASS_SECCOMP_PATH=
    SANDGLASS_COMPOSE=
    SANDGLASS_COMPOSE_FILES=
    SANDGLASS_SECRETS_DIR="$state/secrets"
    SANDGLASS_STACK=
    SANDGLASS_APP_IMAGE=sandglass:dev
    SANDGLASS_IMAGE=sandglass-sandbox:dev
    SANDGLASS_REDIS_IMAGE=
    SANDGLASS_MONGO_IMAGE=
    SANDGLASS_OLLAMA_IMAGE=
    SANDGLASS_CADDY_IMAGE=
    SANDGLASS_MINIO_IMAGE=
    SANDGLASS_MC_IMAGE=
    SANDGLASS_PROMETHEUS_IMAGE=
    SANDGLASS_GRAFANA_IMAGE=
    SANDGLASS_FLOWER_IMAGE=
    SANDGLASS_METRICS_KEPT=
    SANDGLASS_PORT=8000
    SANDGLASS_WORKERS=1
    SANDGLASS_GATEWAYS=1
    SANDGLASS_OUTSIDE=
    SANDGLASS_GPU=
    SANDGLASS_CONCURRENCY=
    SANDGLASS_STANDBY=
    SANDGLASS_TASK_EVENTS=
    SANDGLASS_MODEL=builtin
    SANDGLASS_MODELS_ALLOWED=
    SANDGLASS_OLLAMA_URL=
    SANDGLASS_OLLAMA_MODEL=
    SANDGLASS_OPENAI_URL=
    SANDGLASS_BLOBS=
    SANDGLASS_S3_PUBLIC_ENDPOINT=
    SANDGLASS_BUCKET=sandglass
    SANDGLASS_DOMAIN=localhost
    SANDGLASS_TLS=internal
    SANDGLASS_TLS_BIND=127.0.0.1
    SANDGLASS_TLS_PORT=8443
    SANDGLASS_HTTP_PORT=8080
    SANDGLASS_GRAFANA_PORT=3000
    SANDGLASS_PROMETHEUS_PORT=9090
    SANDGLASS_FLOWER_PORT=5555
    SANDGLASS_MAX_UPLOAD_BYTES=
    SANDGLASS_MAX_FILES=
    SANDGLASS_MAX_QUEUED_PER_TENANT=
)
PROFILES=" ollama monitoring tls s3 "

load_settings() {
    local entry name
    # Defaults in place of what was kept would make another stack of it.
    [[ ! -e $settings_file || ( -f $settings_file && -r $settings_file ) ]] || die "$settings_file cannot be read; run this as its owner, or name another folder: SANDGLASS_COMPOSE_STATE"
    for entry in "${KEPT[@]}"; do
        name=${entry%%=*}
        # Set but empty is an answer, too: SANDGLASS_PORT= is a free port.
        if [ -z "${!name+set}" ]; then
            printf -v "$name" '%s' "$(kept_setting "$name" "${entry#*=}")"
        fi
        export "${name?}"
    done
    check_settings
    [ -n "$SANDGLASS_STACK" ] || SANDGLASS_STACK=$COMPOSE_PROJECT_NAME
    check_profiles
    choose_files
}

# What is wrong would otherwise be kept, and be the compose tool's to complain of.
check_settings() {
    local name file
    is_setting COMPOSE_PROJECT_NAME '^[a-z0-9][a-z0-9_-]*$' "small letters, digits, - and _"
    for name in SANDGLASS_WORKERS SANDGLASS_GATEWAYS; do
        is_setting "$name" '^[1-9][0-9]?$' "a number from 1 to 99"
    done
    for name in SANDGLASS_PORT SANDGLASS_TLS_PORT SANDGLASS_HTTP_PORT SANDGLASS_GRAFANA_PORT SANDGLASS_PROMETHEUS_PORT SANDGLASS_FLOWER_PORT; do
        is_setting "$name" '^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])?$' "a port from 1 to 65535"
    done
    while IFS= read -r -d : file; do
        [ -z "$file" ] || [ -f "$file" ] || die "SANDGLASS_COMPOSE_FILES names $file, which is not there; correct it in the environment or in $settings_file"
    done <<<"$SANDGLASS_COMPOSE_FILES:"
}

is_setting() { [[ ${!1} =~ $2 ]] || die "$1 is '${!1}'; it must be $3: correct it in the environment or in $settings_file"; }

kept_setting() {
    if [ -f "$settings_file" ] && grep -q "^$1=" "$settings_file"; then
        # An editor's line ends, and quotes, which other tools allow there.
        sed -n "s/^$1=//p" "$settings_file" | tail -n 1 | sed -e 's/[[:space:]]*$//' -e 's/^"\(.*\)"$/\1/' -e "s/^'\(.*\)'\$/\1/"
    else
        printf '%s' "$2"
    fi
}

read_options() {
    while [ $# -gt 0 ]; do
        case $1 in
            --workers) SANDGLASS_WORKERS=$(count "$@"); shift ;;
            --gateways) SANDGLASS_GATEWAYS=$(count "$@"); shift ;;
            --profiles | --profile)
                [ $# -gt 1 ] || die "$1 needs a list, e.g. $1 monitoring,tls, or none"
                COMPOSE_PROFILES=$2; shift
                [ "$COMPOSE_PROFILES" != none ] || COMPOSE_PROFILES="" ;;
            --outside) SANDGLASS_OUTSIDE=1 ;;
            --no-outside) SANDGLASS_OUTSIDE="" ;;
            --gpu) SANDGLASS_GPU=1 ;;
            --no-gpu) SANDGLASS_GPU="" ;;
            *) usage ;;
        esac
        shift
    done
    check_profiles
    apply_profiles
    choose_files
}

count() {
    [[ ${2-} =~ ^[1-9][0-9]?$ ]] || die "$1 needs a number from 1 to 99"
    echo "$2"
}

check_profiles() {
    local name
    for name in ${COMPOSE_PROFILES//,/ }; do
        case $PROFILES in
            *" $name "*) ;;
            *) die "there is no profile '$name'; there are:$PROFILES" ;;
        esac
    done
}

has_profile() { case ,$COMPOSE_PROFILES, in *,"$1",*) return 0 ;; *) return 1 ;; esac }

# What a profile is for is also used, unless told otherwise.
apply_profiles() {
    local inside=http://ollama:11434 blobs="s3://$SANDGLASS_BUCKET?endpoint=http://minio:9000&region=us-east-1"
    if has_profile ollama; then
        [ "$SANDGLASS_MODEL" != builtin ] || SANDGLASS_MODEL=ollama:llama3.1
        [ -n "$SANDGLASS_OLLAMA_URL" ] || SANDGLASS_OLLAMA_URL=$inside
        [ -n "$SANDGLASS_OLLAMA_MODEL" ] || SANDGLASS_OLLAMA_MODEL=${SANDGLASS_MODEL#ollama:}
    elif [ "$SANDGLASS_OLLAMA_URL" = $inside ]; then
        SANDGLASS_MODEL=builtin SANDGLASS_OLLAMA_URL="" SANDGLASS_OLLAMA_MODEL=""
    fi
    if has_profile s3; then
        [ -n "$SANDGLASS_BLOBS" ] || move_blobs "$blobs"
    elif [ "$SANDGLASS_BLOBS" = "$blobs" ]; then
        die "the files of this stack are in MinIO: without the profile s3 they cannot be reached. Keep the profile, or say where the files are now: SANDGLASS_BLOBS= (empty) $0 up --profiles none, where none was put into MinIO"
    fi
    if [ "$SANDGLASS_GATEWAYS" != 1 ]; then
        has_profile tls || die "several gateways need the profile tls, which spreads requests over them: --profiles tls"
        SANDGLASS_PORT=""
    fi
    case $SANDGLASS_MODEL in
        openai:*) [ -n "$SANDGLASS_OUTSIDE" ] || { SANDGLASS_OUTSIDE=1; say "the model $SANDGLASS_MODEL is outside: the worker gets a way out"; } ;;
    esac
    use_certificate
}

move_blobs() {
    SANDGLASS_BLOBS=$1
    ! grep -qs '^SANDGLASS_BLOBS=$' "$settings_file" ||
        say "files are kept in MinIO from now on; those of before are in MongoDB until they are moved: $0 compose exec -T gateway sandglass blobs copy"
}

use_certificate() {
    local paths="/run/secrets/tls_certificate /run/secrets/tls_key"
    if grep -qs 'BEGIN CERTIFICATE' "$SANDGLASS_SECRETS_DIR/tls_certificate"; then
        [ "$SANDGLASS_TLS" != internal ] || SANDGLASS_TLS=$paths
    elif [ "$SANDGLASS_TLS" = "$paths" ]; then
        SANDGLASS_TLS=internal
    fi
}

choose_files() {
    local file
    files=(-f "$here/compose.yaml")
    [ -z "$SANDGLASS_OUTSIDE" ] || files+=(-f "$here/outside.yaml")
    [ -z "$SANDGLASS_GPU" ] || files+=(-f "$here/gpu.yaml")
    # No word splitting on anything but colons: paths may hold spaces.
    while IFS= read -r -d : file; do
        [ -z "$file" ] || files+=(-f "$file")
    done <<<"$SANDGLASS_COMPOSE_FILES:"
}

published_ports() {
    echo SANDGLASS_PORT
    ! has_profile tls || echo SANDGLASS_TLS_PORT SANDGLASS_HTTP_PORT
    ! has_profile monitoring || echo SANDGLASS_GRAFANA_PORT SANDGLASS_PROMETHEUS_PORT SANDGLASS_FLOWER_PORT
}

keep_settings() {
    local entry name
    { mkdir -p "$state" && [ -w "$state" ]; } 2>/dev/null || die "cannot write in $state; run this as its owner, or name another folder: SANDGLASS_COMPOSE_STATE"
    {
        echo "# Written by compose/stack.sh: settings, no secrets. Change one here, or set it in the environment of \`up\`."
        for entry in "${KEPT[@]}"; do
            name=${entry%%=*}
            printf '%s=%s\n' "$name" "${!name}"
        done
    } >"$settings_file.new"
    mv "$settings_file.new" "$settings_file"
}

# --- secrets --------------------------------------------------------------------------------------------------------
# Compose mounts each file as it is, so the container's user must be able to read it: the files are readable by all,
# and the folder, which only the engine passes, by its owner alone.
make_secrets() {
    local new=1
    [ ! -e "$SANDGLASS_SECRETS_DIR/sandglass_store" ] || new=""
    mkdir -p "$SANDGLASS_SECRETS_DIR" 2>/dev/null || die "cannot make the folder $SANDGLASS_SECRETS_DIR; name another: SANDGLASS_SECRETS_DIR, or SANDGLASS_COMPOSE_STATE for all that is kept"
    chmod 0700 "$SANDGLASS_SECRETS_DIR" 2>/dev/null || die "the folder $SANDGLASS_SECRETS_DIR is another user's; run this as that user, or name a folder of your own: SANDGLASS_SECRETS_DIR"
    secret redis_password "$(random_hex 24)"
    secret mongo_root_password "$(random_hex 24)"
    secret mongo_password "$(random_hex 24)"
    secret mongo_keyfile "$(random_hex 96)"
    secret sandglass_redis_url "redis://:$(read_secret redis_password)@redis:6379/0"
    secret sandglass_store "mongodb://sandglass:$(read_secret mongo_password)@mongo:27017/sandglass?authSource=admin&replicaSet=rs0"
    secret sandglass_first_key "sg_$(random_hex 32)"
    secret sandglass_s3_access_key "$(random_hex 10)"
    secret sandglass_s3_secret_key "$(random_hex 20)"
    secret minio_root_password "$(random_hex 20)"
    secret grafana_password "$(random_hex 12)"
    secret flower_password "$(random_hex 12)"
    # Yours to fill: empty is not set.
    secret openai_api_key ""
    secret tls_certificate ""
    secret tls_key ""
    same_password sandglass_redis_url redis redis_password
    same_password sandglass_store mongo mongo_password
    if [ -n "$new" ]; then say "secrets: made in $SANDGLASS_SECRETS_DIR; keep a copy, the data cannot be opened without them"
    else say "secrets: those in $SANDGLASS_SECRETS_DIR"; fi
}

random_hex() { od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'; }
read_secret() { cat "$SANDGLASS_SECRETS_DIR/$1"; }

secret() {
    local path=$SANDGLASS_SECRETS_DIR/$1
    [ -e "$path" ] || printf '%s' "${2:+$2$'\n'}" >"$path" || die "cannot write $path; is the disk full?"
    chmod 0444 "$path" 2>/dev/null || true
    [[ -f $path && -r $path ]] || die "the secret $path is no file that this user can read; put your copy of it back"
    # One that was to be made is never empty; an empty password would be none.
    [ -z "${2-}" ] || [ -s "$path" ] || die "the secret $path is empty; put your copy of it back, or, where no data are yet, remove it: it is made anew"
}

# The URL $1, if it names our own service $2, has the password of the file $3. One with signs that a URL has in another
# form is left to the service to refuse.
same_password() {
    local url password
    url=$(read_secret "$1") password=$(read_secret "$3")
    [[ $url == *"@$2:"* && $password =~ ^[A-Za-z0-9_-]+$ && $url != *":$password@"* ]] || return 0
    die "the secrets $1 and $3 in $SANDGLASS_SECRETS_DIR have different passwords; put your copies of both back, or write the one into the other"
}
