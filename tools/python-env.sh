#!/usr/bin/env bash
# Prints the interpreter of a virtual environment with the packages of arrow-share/python/requirements.txt: what the
# Python tests run in. It is made once for each version of that file and of Python, in ${GRIDSET_CACHE:-~/.cache/gridset}.
# Where pip cannot install them, this fails and says why.
set -euo pipefail
requirements=$(dirname "$(readlink -f "$0")")/../arrow-share/python/requirements.txt
python=${GRIDSET_BASE_PYTHON:-python3}
version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')
folder=${GRIDSET_CACHE:-$HOME/.cache/gridset}/python-$version-$(sha256sum <"$requirements" | cut -c1-12)
mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
flock 9 # one process makes it, others find it made
if [ ! -f "$folder/complete" ]; then
  echo "installing the Python packages of the tests in $folder" >&2
  "$python" -m venv --clear "$folder" >&2 || { echo "python3 -m venv fails: apt install python3-venv" >&2; exit 1; }
  if ! "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$requirements" >"$folder/pip.log" 2>&1; then
    echo "pip cannot install them with Python $version: $(grep -v '^$' "$folder/pip.log" | tail -n 2 | tr '\n' ' ')" >&2
    exit 1
  fi
  : >"$folder/complete"
fi
echo "$folder/bin/python"
