#!/bin/sh
# Lists what making, running and testing left in this checkout; removes it when told to.
# usage: scripts/clean.sh [--yes]        Configuration (config/, .env) is never touched.
set -eu

cd "$(dirname "$0")/.."
yes=no
[ "${1:-}" = --yes ] && yes=yes

# A broker records its process beside its data; a reused process number runs something else.
[ ! -d .productops ] || find .productops -name owner.json | while read -r owner; do
    pid=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$owner")
    case $(ps -ww -p "${pid:-0}" -o args= 2>/dev/null) in
        *kafka.Kafka*)
            printf '%s\n' "A Kafka broker (process $pid) is running on ${owner%/*}: stop it first, with Ctrl-C in the demo or with: make kafka ARGS=stop" >&2
            exit 1
            ;;
    esac
done

set --
for path in .venv .productops dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache; do
    [ -e "$path" ] && set -- "$@" "$path"
done
bytecode=$(find . -path ./.git -prune -o -name __pycache__ -type d -print | head -n 1)

if [ $# -eq 0 ] && [ -z "$bytecode" ]; then
    printf '%s\n' "Nothing to remove."
    exit 0
fi

printf '%s\n' "To be removed:"
[ $# -eq 0 ] || du -sh "$@" | sed 's/^/  /'
[ -z "$bytecode" ] || printf '  \t%s\n' "__pycache__ folders"
[ ! -e .productops ] || printf '%s\n' ".productops holds the embedded Kafka's topics and the read model: what was received is gone with it."

if [ "$yes" = no ]; then
    if [ ! -t 0 ]; then
        printf '%s\n' "Nothing removed: there is no terminal to ask on. To go ahead: make clean YES=1" >&2
        exit 1
    fi
    printf 'Remove all of it? [y/N] '
    read -r answer
    case $answer in y | Y | yes) ;; *) printf '%s\n' "Nothing removed."; exit 0 ;; esac
fi

[ $# -eq 0 ] || rm -rf -- "$@"
find . -path ./.git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
printf '%s\n' "Removed."
