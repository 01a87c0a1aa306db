#!/bin/sh
# make compose-drill: builds, starts, waits for health, plays, looks what can be reached from where, takes it all down.
# A realm of that project's name that was here before stays, with its keys.
# Ends with the drill's result (0, 2, 1), or 1 when something else went wrong. KEEP=1 leaves everything running.
# COMPOSE="docker-compose" or "docker compose" chooses one; SCENARIO does not: the realm is that of ocean-accord.
set -eu
cd "$(dirname "$0")/../.."
if docker compose version >/dev/null 2>&1; then usual="docker compose"; else usual=docker-compose; fi
COMPOSE="${COMPOSE:-$usual}"
export COMPOSE_PROJECT_NAME="${COMPOSE_PROJECT_NAME:-entente-drill}"
# Any free ports: a realm that somebody runs here keeps its own.
for nation in XAA XBB XCC XDD XEE; do export "ENTENTE_CONSOLE_$nation="; done
began=$(date +%s)
say() { echo "== $(($(date +%s) - began)) s: $*"; }

docker info >/dev/null 2>&1 || { echo "no container engine answers here (docker info)" >&2; exit 1; }
say "$($COMPOSE version --short 2>/dev/null | head -1) of $COMPOSE"
# Whoever has the project's name in the environment may have a realm by it, whose keys nobody has a second time.
if [ -n "$(docker volume ls -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")" ]; then
    say "there are volumes of a project $COMPOSE_PROJECT_NAME: they are played on, and left as they are"
    KEEP=1
fi
take_down() {
    code=$?
    trap - EXIT INT TERM
    [ "$code" = 0 ] || $COMPOSE logs --tail 20 2>&1 | tail -120
    if [ -n "${KEEP:-}" ]; then
        say "left running: COMPOSE_PROJECT_NAME=$COMPOSE_PROJECT_NAME $COMPOSE ps"
    else
        say "taking it down"
        $COMPOSE --profile drill --profile office down --volumes --remove-orphans >/dev/null 2>&1 || code=1
    fi
    say "exit code $code"
    exit "$code"
}
trap take_down EXIT
trap 'exit 130' INT TERM

say building
$COMPOSE build
say starting
$COMPOSE up -d
say "waiting for health"
until=$(($(date +%s) + 300))
while :; do
    unhealthy=$(docker ps -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
        | xargs docker inspect --format '{{.Name}} {{if .State.Health}}{{.State.Health.Status}}{{end}}' \
        | grep -E 'starting|unhealthy' || true)
    [ -n "$unhealthy" ] || break
    [ "$(date +%s)" -lt "$until" ] || { echo "not healthy in time: $unhealthy" >&2; exit 1; }
    sleep 1
done
$COMPOSE ps
say playing
result=0
$COMPOSE run --rm drill || result=$?
say "the drill ended with $result"
mkdir -p reports
# The command takes the Compose that is usual here; two of them would make each other's containers anew.
if [ "$result" = 0 ] && [ "$COMPOSE" = "$usual" ]; then
    say "playing once more, by entente drill run --target compose"
    .venv/bin/entente drill run ocean-accord --target compose --reports reports </dev/null || result=$?
    say "that drill ended with $result"
fi
$COMPOSE run --rm -T --no-deps --entrypoint "tar -C /reports -c ." drill 2>/dev/null </dev/null | tar -x -C reports --no-same-owner
say "its report is in reports/; looking what can be reached from where"
ENTENTE_COMPOSE_PROJECT=$COMPOSE_PROJECT_NAME .venv/bin/pytest -n0 -v -s tests/compose/test_running.py || exit 1
docker image ls --format '{{.Repository}}:{{.Tag}} {{.Size}}' | grep -E '^(entente:local|nats:2|python:3.13-slim) '
exit "$result"
