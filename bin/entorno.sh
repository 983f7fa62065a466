#!/usr/bin/env bash
# What the other scripts share: paths, messages and the private PostGIS cluster under var/.
# Sourced by them; run by itself it gives one command a running database: `bin/entorno.sh python manage.py shell`.

unset CDPATH # else `cd` below would print, and might go elsewhere
RAIZ=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export VAR=$RAIZ/var
export PATH=$RAIZ/.venv/bin:$PATH

aviso() { printf '%s\n' "$*" >&2; }
fallar() {
    aviso "✗ $*"
    exit 1
}

# --- where the cluster lives ------------------------------------------------------------------------------------------
yo=$(id -un)
if [[ -e $VAR/postgres ]]; then
    dueno=$(stat -Lc %U "$VAR/postgres")
elif ((EUID == 0)); then
    dueno=postgres # PostgreSQL refuses to run as root
else
    dueno=$yo
fi

# A socket's path must stay below some 100 characters, so it can't live in the checkout.
huella=$(printf %s "$RAIZ" | sha256sum | cut -c1-12)
if ((EUID == 0)) && [[ $dueno == postgres ]]; then
    ZOCALO=/run/minka-$huella
else
    # Not $XDG_RUNTIME_DIR itself: `su` and cron lack it, and all of a user's sessions must find the same socket.
    uid_dueno=$(id -u "$dueno")
    ZOCALO=/run/user/$uid_dueno
    [[ -d $ZOCALO && -w $ZOCALO ]] || ZOCALO=/tmp
    ZOCALO+=/minka-$uid_dueno-$huella
fi

# The form that django-environ reads as HOST=/run/…: it doesn't decode a quoted %2F.
url_privada=postgis://minka@/$ZOCALO/minka
url_servicio=postgis://minka_app@/$ZOCALO/minka # the role that owns nothing: cuentas/aislamiento.py
# The comparison tells a script called by another one from a person who brings her own database.
if [[ ${DATABASE_URL:-$url_privada} != "$url_privada" ]] || grep -qsE '^(export +)?DATABASE_URL=' "$RAIZ/.env"; then
    base_privada=
else
    base_privada=si
    export DATABASE_URL=$url_privada
fi

# --- the cluster ------------------------------------------------------------------------------------------------------
AJUSTES=(
    listen_addresses= # socket only
    "unix_socket_directories=$ZOCALO"
    timezone=America/La_Paz
    max_connections=120
    shared_buffers=256MB
    work_mem=32MB
    maintenance_work_mem=128MB
    jit=off # compiling costs more than it saves on queries of milliseconds
)

# Set PG to the programs of the cluster's version or, before there is one, of the newest that has PostGIS.
buscar_postgres() {
    local version
    if [[ -s $VAR/postgres/PG_VERSION ]]; then
        version=$(<"$VAR/postgres/PG_VERSION")
    else
        version=$(printf '%s\n' /usr/lib/postgresql/*/lib/postgis-3.so | cut -d/ -f5 | sort -V | tail -n 1)
    fi
    PG=/usr/lib/postgresql/$version/bin
    [[ -x $PG/initdb && -e $PG/../lib/postgis-3.so ]]
}

# From `/`, because the owner may not be able to enter the folder we are in; without our locks, which a server would keep.
como_dueno() (
    cd /
    exec 8>&- 9>&-
    [[ $yo != "$dueno" ]] || exec "$@"
    exec setpriv --reuid="$dueno" --regid="$(id -g "$dueno")" --init-groups -- "$@"
)

# escribir_accesos FOLDER USER…: who asks over the socket is known to the kernel: these users of the machine and nobody
# else come in, as the owner of the tables or as the service.
escribir_accesos() {
    local datos=$1 quien
    shift
    escribir_como_dueno "$datos/pg_hba.conf" <<<'local all minka,minka_app peer map=minka'
    for quien in "$@"; do printf 'minka "%s" %s\n' "$quien" minka "$quien" minka_app; done |
        escribir_como_dueno "$datos/pg_ident.conf"
}

escribir_como_dueno() { como_dueno sh -c 'cat >"$0.nuevo" && chmod 600 "$0.nuevo" && mv "$0.nuevo" "$0"' "$1"; }

# A cluster of an earlier version lets in only the owner of the tables.
actualizar_accesos() {
    local datos quienes
    datos=$(readlink -f "$VAR/postgres")
    ! como_dueno grep -q ' minka_app$' "$datos/pg_ident.conf" || return 0
    mapfile -t quienes < <(como_dueno sed -n 's/^minka "\(.*\)" minka$/\1/p' "$datos/pg_ident.conf")
    escribir_accesos "$datos" "${quienes[@]}"
    como_dueno "$PG/pg_ctl" -D "$datos" reload >/dev/null 2>&1 || true # not running yet: it will read them when it starts
}

crear_cluster() {
    [[ ! -s $VAR/postgres/PG_VERSION ]] || return 0
    buscar_postgres || fallar "No encuentro PostgreSQL con PostGIS; corra bin/setup."
    local datos=$VAR/postgres nuevo
    mkdir -p "$VAR"
    nuevo=$datos.nuevo
    rm -rf "$nuevo"
    # Under a folder that only root enters, or one that knows no owners (a shared folder), the data can't stay here.
    if ! como_dueno test -x "$VAR" || ! install -d -m 0700 -o "$dueno" "$nuevo"; then
        ((EUID == 0)) || fallar "No puedo escribir en $VAR."
        datos=/var/lib/minka/$huella
        nuevo=$datos.nuevo
        if [[ -e $datos ]]; then # left by an earlier checkout at this path: set aside, not deleted
            como_dueno "$PG/pg_ctl" -D "$datos" -m fast stop >/dev/null 2>&1 || true
            mv "$datos" "$datos.anterior-$(date +%Y%m%d%H%M%S)"
        fi
        rm -rf "$nuevo"
        install -d -m 0755 /var/lib/minka
        install -d -m 0700 -o "$dueno" "$nuevo"
    fi
    como_dueno "$PG/initdb" -D "$nuevo" --username=minka --auth=peer --encoding=UTF8 --locale=C.UTF-8 --no-instructions
    escribir_accesos "$nuevo" root "$yo"
    mv "$nuevo" "$datos" # last, so that an interrupted run leaves no half cluster
    [[ $datos == "$VAR/postgres" ]] || ln -sfn "$datos" "$VAR/postgres"
}

# A session that was killed leaves files that name a process; its number may by now belong to another program.
limpiar_restos() {
    local datos pid
    datos=$(readlink -f "$VAR/postgres")
    if [[ -s $datos/postmaster.pid ]]; then
        pid=$(head -n 1 "$datos/postmaster.pid")
        if [[ $(readlink "/proc/$pid/cwd") == "$datos" ]]; then
            como_dueno "$PG/pg_ctl" -D "$datos" -m fast stop >/dev/null # alive, but its socket is gone
        else
            rm -f "$datos/postmaster.pid"
        fi
    fi
    rm -f "$ZOCALO"/.s.PGSQL.*
}

arrancar_cluster() {
    local datos estado=0 opciones=''
    datos=$(readlink -f "$VAR/postgres")
    if [[ -s $datos/postmaster.pid ]]; then
        while "$PG/pg_isready" -q -h "$ZOCALO" || estado=$?; ((estado == 1)); do # 1: still starting or recovering
            sleep 0.2
            estado=0
        done
        ((estado != 0)) || return 0
    fi
    limpiar_restos
    if [[ ! -d $ZOCALO ]]; then
        como_dueno mkdir -m 0700 "$ZOCALO" 2>/dev/null || { mkdir -m 0700 "$ZOCALO" && chown "$dueno" "$ZOCALO"; }
    fi
    # In /tmp anybody can make the folder first, and would then answer in the server's place.
    [[ ! -L $ZOCALO && $(stat -c %U:%a "$ZOCALO") == "$dueno:700" ]] || fallar "$ZOCALO no es mía; bórrela."
    printf -v opciones ' -c %s' "${AJUSTES[@]}"
    como_dueno "$PG/pg_ctl" -D "$datos" -l "$datos/servidor.log" -w -t 120 -o "$opciones" start >/dev/null || {
        como_dueno tail -n 20 "$datos/servidor.log" >&2
        fallar "PostgreSQL no arrancó; arriba está el final de $VAR/postgres/servidor.log."
    }
}

consultar() { "$PG/psql" -XAtq -v ON_ERROR_STOP=1 -h "$ZOCALO" -U minka "$@"; }

crear_base() {
    local hay
    hay=$(consultar -d postgres -c "SELECT count(*) FROM pg_database WHERE datname = 'minka'")
    [[ $hay != 0 ]] || consultar -d postgres -c 'CREATE DATABASE minka'
    PGOPTIONS='-c client_min_messages=warning' consultar -d minka -c 'CREATE EXTENSION IF NOT EXISTS postgis'
}

# --- opening and closing ----------------------------------------------------------------------------------------------
procesos=()
base_abierta=

# Start the database (unless it is somebody else's) and see to it that whatever ends this script ends all it started.
abrir_base() {
    trap cerrar EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    [[ $base_privada ]] || return 0
    [[ $yo == "$dueno" || $EUID == 0 ]] || fallar "La base es de $dueno: corra este guion como $dueno o con sudo."
    crear_cluster
    buscar_postgres || fallar "La base es de PostgreSQL $(<"$VAR/postgres/PG_VERSION"), que ya no está; corra bin/setup."
    exec 9>>"$VAR/usuarios.lock"
    flock --shared 9 # held while we use the cluster
    base_abierta=si
    (
        flock --exclusive 8 # one starts it, the others find it started
        actualizar_accesos
        arrancar_cluster
        crear_base
    ) 8>>"$VAR/arranque.lock"
}

# Start a background process that cerrar will end, and the kernel too if this script is killed.
lanzar() {
    setpriv --pdeathsig TERM -- "$@" 9>&- &
    procesos+=($!)
}

# Run a command so that a signal to this script alone ends it at once: bash puts traps off while a foreground one runs.
correr() {
    lanzar "$@"
    wait "${procesos[-1]}"
    unset 'procesos[-1]'
}

viven() { kill -0 "${procesos[@]}" 2>/dev/null; }

cerrar() {
    local salida=$?
    trap '' INT TERM HUP PIPE # nothing may cut this short: a second Ctrl-C, a closed terminal, a dead `| tee`
    set +e
    if ((${#procesos[@]})); then
        kill -TERM "${procesos[@]}" 2>/dev/null
        for _ in {1..150}; do
            viven || break
            sleep 0.1
        done
        kill -KILL "${procesos[@]}" 2>/dev/null
    fi
    if [[ $base_abierta ]]; then
        # Whoever can have the lock alone is the last user.
        if flock --exclusive --nonblock 9; then
            como_dueno "$PG/pg_ctl" -D "$(readlink -f "$VAR/postgres")" -m fast stop >/dev/null
        fi
        flock --unlock 9
    fi
    exit "$salida"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    set -euo pipefail
    abrir_base
    "$@"
fi
