#!/bin/sh
# Makes or mends a virtual environment: sh console/launcher/venv.sh VENV REQUIREMENTS…
#
# Installs the last REQUIREMENTS file unless VENV already holds just that (the others are parts
# of it that it then holds as well). Written for any sh and any Python, because it is what tells
# people that theirs is unfit. PYTHON in the environment names the Python to use.

set -eu
# What pip and venv write may depend on these; the messages below are matched by nobody.
unset PYTHONHOME PYTHONPATH || true
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

venv=$1
shift
for wanted in "$@"; do :; done

fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'
complete='import ensurepip, venv'
version='import sys; print("%d.%d.%d" % sys.version_info[:3])'
needed_mb=600
began=$(date +%s)

say() {
    echo "[$(($(date +%s) - began)) s] $*" >&2
}

fail() {
    echo "$*" >&2
    exit 1
}

# The first fit Python with all of its standard library, or the complaint that helps most.
choose_python() {
    if [ -n "${PYTHON:-}" ]; then
        candidates=$PYTHON
    else
        candidates="python3 python3.13 python3.12 python3.11"
    fi
    incomplete=
    found=
    for candidate in $candidates; do
        "$candidate" -c "$fits" >/dev/null 2>&1 || {
            answer=$("$candidate" -c "$version" 2>/dev/null) && found="$found $candidate is $answer;"
            continue
        }
        if "$candidate" -c "$complete" >/dev/null 2>&1; then
            python=$candidate
            return
        fi
        incomplete=$candidate
    done
    if [ -n "$incomplete" ]; then
        fail "$incomplete cannot make a virtual environment: install its venv module" \
            "(Debian and Ubuntu: apt-get install python3-venv), then repeat."
    fi
    fail "Python 3.11, 3.12 or 3.13 is needed (looked for: $candidates;${found:- none runs;})" \
        "install one, or name it: make PYTHON=/path/to/python3.12 …"
}

venv_is_fit() {
    [ -x "$venv/bin/python" ] || return 1
    "$venv/bin/python" -c "$fits" >/dev/null 2>&1 || return 1
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || return 1
    [ -z "${PYTHON:-}" ] && return 0
    # Somebody names a Python: the environment must be of that one.
    [ "$("$PYTHON" -c "$version" 2>/dev/null)" = "$("$venv/bin/python" -c "$version")" ]
}

make_venv() {
    if [ -e "$venv" ]; then
        [ -f "$venv/pyvenv.cfg" ] || [ -d "$venv/bin" ] || [ -z "$(ls -A "$venv")" ] ||
            fail "$venv is not a virtual environment: move it away, then repeat."
        say "Making $venv again: it is broken, or not of the Python wanted"
        rm -rf "$venv"
    fi
    say "Making $venv with Python $("$python" -c "$version")"
    output=$("$python" -m venv "$venv" 2>&1) || {
        rm -rf "$venv"
        fail "$python could not make $venv: $(echo "$output" | tail -n 1)"
    }
}

check_room() {
    free_kb=$(df -Pk . 2>/dev/null | awk 'NR == 2 { print $4 }')
    [ "${free_kb:-9999999}" -ge $((needed_mb * 1024)) ] ||
        fail "The disk that holds $(pwd) is full: $needed_mb MB are needed for the requirements;" \
            "make room, then repeat."
}

is_installed() {
    for file in "$@"; do
        cmp -s "$file" "$venv/installed-$file" || return 1
    done
}

is_ready() {
    venv_is_fit && is_installed "$wanted"
}

# Hold $venv.lock until this script ends: another make may be at the same work.
lock() {
    exec 9>>"$venv.lock"
    "$python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)' 2>/dev/null || {
        say "Waiting for another make that prepares $venv"
        "$python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    }
}

is_ready && exit 0
if venv_is_fit; then python=$venv/bin/python; else choose_python; fi
lock
is_ready && exit 0

check_room
venv_is_fit || { choose_python; make_venv; }
say "Installing $wanted (up to a minute the first time)"
rm -f "$venv"/installed-*
"$venv/bin/python" -m pip install -qq --progress-bar off -r "$wanted" ||
    fail "The requirements could not be installed (reason above): check network and disk, then repeat."
# Last: an install that broke off is repeated.
for file in "$@"; do
    cp "$file" "$venv/installed-$file"
done
say "Installed"
