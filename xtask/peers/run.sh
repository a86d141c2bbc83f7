#!/bin/sh
# Bihuan beside two systems for durable execution, in one run on this machine, each doing the same: a case with two steps and
# one timer, 64 of them under way at once, every step on the disk before it is answered.
#
#   xtask/peers/run.sh PATH-TO-BIHUAN [CASES]
#
# Needs node with npm, python3 with venv, and PostgreSQL 15 (Debian: postgresql). Downloads Restate from npm and DBOS from
# PyPI into a folder that goes at the end. Not part of ./test.
set -eu
bihuan=$(realpath "$1")
cases=${2:-4000}
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
ours=
end() {
    for pid in $ours; do kill "$pid" 2>/dev/null || true; done
    sleep 1
    rm -rf "$work"
}
trap end EXIT INT TERM

echo "== Bihuan: transitions in the engine and over HTTP"
"$bihuan" bench --only engine,writes --lang en

echo "== Restate"
cp "$here"/*.mjs "$work"
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @restatedev/restate-server @restatedev/restate-sdk
RESTATE_LOGGING=ERROR node case.mjs >case.log 2>&1 &
ours="$ours $!"
# Its best setting here: twice as many partitions as there are processors, not the 24 of a cluster. It syncs its log itself.
# Not by way of npx, which would leave it behind when it is ended.
server=$(ls "$work"/node_modules/@restatedev/restate-server-linux-*/bin/restate-server | head -1)
RESTATE_DEFAULT_NUM_PARTITIONS=${PARTITIONS:-4} RESTATE_LOG_FILTER=warn \
    "$server" --node-name one --base-dir "$work/restate" >restate.log 2>&1 &
ours="$ours $!"
node load.mjs "$cases"

echo "== DBOS on PostgreSQL"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet dbos
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
# PostgreSQL refuses to run as root.
as=
if [ "$(id -u)" = 0 ]; then
    as="runuser -u nobody --"
    mkdir "$work/pg"
    chmod 755 "$work"
    chown nobody "$work/pg"
fi
$as "$bin/initdb" -D "$work/pg/data" -U dbos --auth=trust >/dev/null
$as "$bin/postgres" -D "$work/pg/data" -k "$work/pg" -p 54329 -c shared_buffers=256MB -c max_connections=200 >postgres.log 2>&1 &
ours="$ours $!"
sleep 3
"$bin/createdb" -h "$work/pg" -p 54329 -U dbos bench
"$work/venv/bin/python" "$here/dbos_case.py" "postgresql://dbos@127.0.0.1:54329/bench" "$((cases / 4))"
