#!/bin/sh
# Makes the virtual environment FOLDER with the first usable Python 3.11 to 3.13.
# usage: scripts/venv.sh FOLDER          (PYTHON=/path/to/python3.12 names one)
set -eu

folder=${1:?usage: scripts/venv.sh FOLDER}
found=""

say() { printf '%s\n' "$*" >&2; }

version_of() { "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null; }

in_range() { case $1 in 3.11.* | 3.12.* | 3.13.*) return 0 ;; *) return 1 ;; esac; }

can_make_one() { "$1" -c 'import venv, ensurepip' 2>/dev/null; }

if in_range "$(version_of "$folder/bin/python" || true)" && "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi
if [ -e "$folder" ] && [ ! -e "$folder/pyvenv.cfg" ] && [ -n "$(ls -A "$folder")" ]; then
    say "$folder exists and is no virtual environment: move it away, then try again."
    exit 1
fi

without_venv=""
for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3 python}; do
    version=$(version_of "$candidate") || continue
    if ! in_range "$version"; then
        found="$found $candidate is $version;"
    elif can_make_one "$candidate"; then
        say "Making the virtual environment $folder with Python $version."
        exec "$candidate" -m venv --clear "$folder"
    elif [ -z "$without_venv" ]; then
        without_venv="$candidate $version"
    fi
done

if [ -n "$without_venv" ]; then
    minor=${without_venv#* }
    minor=${minor%.*}
    say "${without_venv% *} is Python ${without_venv#* }, but cannot make virtual environments: its module ensurepip is missing."
    say "On Debian and Ubuntu:  apt-get install python$minor-venv"
else
    say "Python 3.11, 3.12 or 3.13 is needed.${found:+ Found:${found%;}.}"
    say "On Debian 12:  apt-get install python3.11 python3.11-venv"
    say "Elsewhere, name one:  make install PYTHON=/path/to/python3.11"
fi
exit 1
