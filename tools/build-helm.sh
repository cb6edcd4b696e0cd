#!/bin/sh
# Builds Helm, with which the tests install the chart, from its Go module; prints the program's path.
# A no-op when it is there. Ends with 1 and a reason when it cannot be built; with --built it only looks.
set -eu

version=v3.22.0
bin="${GRIDSET_CACHE:-$HOME/.cache/gridset}/bin"
program="$bin/helm-$version"

if [ -x "$program" ]; then
  echo "$program"
  exit 0
fi
[ "${1:-}" != --built ] || exit 1
if ! command -v go >/dev/null 2>&1; then
  echo "build-helm: the Go toolchain is not installed" >&2
  exit 1
fi
mkdir -p "$bin"
building=$(mktemp -d "$bin/.helm.XXXXXX")
trap 'rm -rf "$building"' EXIT
cd "$building"
CGO_ENABLED=0 GOBIN="$building" nice -n 15 go install -trimpath -ldflags "-s -w" "helm.sh/helm/v3/cmd/helm@$version" >&2 || {
  echo "build-helm: Helm did not build" >&2
  exit 1
}
mv helm "$program"
echo "$program"
