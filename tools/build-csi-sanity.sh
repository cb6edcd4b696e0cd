#!/bin/sh
# Builds csi-sanity, kubernetes-csi's own tests of CSI plugins, from its Go module; prints the program's path.
# A no-op when it is there. Ends with 1 and a reason when it cannot be built.
set -eu

version=v5.6.0
bin="${GRIDSET_CACHE:-$HOME/.cache/gridset}/bin"
program="$bin/csi-sanity-$version"

if [ -x "$program" ]; then
  echo "$program"
  exit 0
fi
if ! command -v go >/dev/null 2>&1; then
  echo "build-csi-sanity: the Go toolchain is not installed" >&2
  exit 1
fi
mkdir -p "$bin"
building=$(mktemp -d "$bin/.csi-sanity.XXXXXX")
trap 'rm -rf "$building"' EXIT
cd "$building"
CGO_ENABLED=0 GOBIN="$building" nice -n 15 go install -trimpath -ldflags "-s -w" \
  "github.com/kubernetes-csi/csi-test/v5/cmd/csi-sanity@$version" >&2 || {
  echo "build-csi-sanity: csi-sanity did not build" >&2
  exit 1
}
mv csi-sanity "$program"
echo "$program"
