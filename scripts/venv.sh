# Sourced by the scripts beside it: makes or refreshes .venv with the project (editable) and the extras named.
#   ensure_venv EXTRA...
# The stamp .venv/stamp-EXTRAS holds the hash of pyproject.toml and is written last, so that an interrupted
# installation is simply done again.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

ensure_venv() {
    local extras stamp want python
    extras=$(IFS=,; printf '%s' "$*")
    stamp="$root/.venv/stamp${extras:+-${extras//,/-}}"
    want=$(cksum < "$root/pyproject.toml")
    if [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then return; fi
    exec 9>"$root/.venv.lock"
    if command -v flock >/dev/null; then flock 9; fi
    if [ "$(cat "$stamp" 2>/dev/null)" != "$want" ]; then
        python=${PYTHON:-python3}
        "$python" -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' || {
            echo "songsmith: $python is older than Python 3.11: set PYTHON to a newer interpreter" >&2
            exit 3
        }
        echo "songsmith: setting up $root/.venv (once; about a minute) ..." >&2
        if ! "$root/.venv/bin/python" -m pip --version >/dev/null 2>&1; then
            "$python" -m venv --clear "$root/.venv"
        fi
        "$root/.venv/bin/python" -m pip install --quiet --disable-pip-version-check \
            -e "$root${extras:+[$extras]}" >&2
        printf '%s\n' "$want" > "$stamp"
    fi
    exec 9>&-
}
