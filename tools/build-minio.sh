#!/bin/sh
# Builds MinIO, the S3 server that the tests talk to, from its Go module; prints the program's path.
# A no-op when it is there. Ends with 1 and a reason when it cannot be built.
set -eu

version=v0.0.0-20260212201848-7aac2a2c5b7c
bin="${GRIDSET_CACHE:-$HOME/.cache/gridset}/bin"

if [ -x "$bin/minio" ]; then
  echo "$bin/minio"
  exit 0
fi
if ! command -v go >/dev/null 2>&1; then
  echo "build-minio: the Go toolchain is not installed" >&2
  exit 1
fi
mkdir -p "$bin"
cd "$bin"
CGO_ENABLED=0 GOBIN="$bin" nice -n 15 go install -trimpath -ldflags "-s -w" \
  "github.com/minio/minio@$version" >&2 || {
  echo "build-minio: MinIO did not build" >&2
  exit 1
}
echo "$bin/minio"
