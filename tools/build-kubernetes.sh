#!/usr/bin/env bash
# Gets a Kubernetes for the tests, once: tools/build-kubernetes.sh floor|current|node [--built]
#   floor    Kubernetes 1.20.2, the oldest that is supported: etcd, kube-apiserver and kubectl from Debian's packages, built
#            from Debian's source package, since Debian ships no binary of the server. Needs apt-get, dpkg-dev and Debian 12's sources in /etc/apt.
#   current  kube-apiserver and kubectl of a current Kubernetes, built from its Go modules. Needs Go and `floor`'s etcd.
#   node     all of `current`, with what a whole node needs besides: kubelet, controller manager, scheduler, kube-proxy, and a
#            `pause` that does nothing, for the containers that hold pods' namespaces. In one run, since they share most packages.
# Prints the directory with the programs; with --built only when they are there already. Nothing is installed: packages are unpacked below ${GRIDSET_CACHE:-~/.cache/gridset},
# root is not needed, and /etc/apt is only read. Ends with 1 and a reason when something is missing.
# CPU: about six minutes for `floor` and `current`, nine for `node`; repeated calls cost nothing.
set -euo pipefail

cache="${GRIDSET_CACHE:-$HOME/.cache/gridset}"
debian_version="1.20.5+really1.20.2-1.1+deb12u1"
current_version="1.35.4"
go_debian="1.19"

fail() { echo "build-kubernetes: $*" >&2; exit 1; }
need() { command -v "$1" >/dev/null 2>&1 || fail "$1 is not installed${2:+ (apt install $2)}"; }

[ -z "${KUBERNETES_DEBUG:-}" ] || set -x
programs=(kube-apiserver kubectl)
case ${1:-} in
  floor) target="$cache/kubernetes-debian-$debian_version" programs+=(etcd) ;;
  current) target="$cache/kubernetes-$current_version" ;;
  node) target="$cache/kubernetes-$current_version" programs+=(kube-controller-manager kube-scheduler kubelet kube-proxy pause) ;;
  *) fail "floor, current or node?" ;;
esac
missing() { # those of the programs that are not there
  local name
  for name in "${programs[@]}"; do [ -x "$target/$name" ] || echo "$name"; done
}
complete() { [ -z "$(missing)" ]; }
if complete; then
  echo "$target"
  exit 0
fi

[ "${2:-}" != --built ] || exit 1
mkdir -p "$cache"
exec 9>"$target.lock"
flock 9 # who waited finds it done
if complete; then
  echo "$target"
  exit 0
fi
work=$(mktemp -d "$target.work.XXXXXX")
cleanup() { chmod -R u+w "$work" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT
mkdir -p "$work/bin"
say() { echo "build-kubernetes: $*" >&2; }

# apt with lists and caches of its own, asking the machine's own sources also for source packages.
prepare_apt() {
  need apt-get; need dpkg
  local apt="$work/apt" part
  mkdir -p "$apt/parts" "$apt/lists/partial" "$apt/cache/archives/partial"
  for part in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$part" ] || continue
    sed -nE 's/^deb(-src)?[[:space:]]+(.*)/deb \2\ndeb-src \2/p' "$part" | sort -u >"$apt/parts/$(basename "${part%.list}").list"
  done
  for part in /etc/apt/sources.list.d/*.sources; do
    [ -f "$part" ] || continue
    sed -E 's/^Types:.*/Types: deb deb-src/' "$part" >"$apt/parts/$(basename "$part")"
  done
  apt_options=(-o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$apt/parts" -o "Dir::State::lists=$apt/lists"
    -o "Dir::Cache=$apt/cache" -o "APT::Sandbox::User=$(id -un)" -o "Acquire::Languages=none" -o "Debug::NoLocking=true"
    -o "APT::Update::Post-Invoke=" -o "APT::Update::Post-Invoke-Success=" -q=2)
  apt-get "${apt_options[@]}" update >&2 || fail "the lists of packages cannot be read"
}

unpack() { # PACKAGE[=VERSION]...: into $work/root
  (cd "$work" && apt-get "${apt_options[@]}" download "$@" >&2) || fail "Debian's packages $* are not to be had here"
  local deb
  for deb in "$work"/*.deb; do
    dpkg -x "$deb" "$work/root"
    rm -f "$deb"
  done
}

build_floor() {
  need dpkg-source dpkg-dev
  prepare_apt
  say "fetching Debian's Kubernetes $debian_version"
  unpack "golang-$go_debian-go" "golang-$go_debian-src" golang-github-modern-go-reflect2-dev etcd-server \
    make jq libjq1 libonig5 rsync libxxhash0 libpopt0 # what its build calls, and their libraries
  (cd "$work" && apt-get "${apt_options[@]}" source --download-only "kubernetes=$debian_version" >&2) ||
    fail "Debian's source package kubernetes $debian_version is not to be had here (Debian 12 has it)"
  dpkg-source --no-check -x "$work"/kubernetes_*.dsc "$work/kubernetes" >&2
  local tree="$work/kubernetes" go="$work/root/usr/lib/go-$go_debian" flags="-s -w" package module
  mkdir -p "$tree/.go/src/k8s.io"
  ln -s ../../.. "$tree/.go/src/k8s.io/kubernetes"
  # The vendored reflect2 1.0.1 crashes with Go 1.18 and later at the first custom resource; Debian's package is 1.0.2.
  cp "$work"/root/usr/share/gocode/src/github.com/modern-go/reflect2/*.{go,s} "$tree/vendor/github.com/modern-go/reflect2/"
  rm -f "$tree"/vendor/github.com/modern-go/reflect2/{go_above_17,go_below_17,go_below_19}.go
  export GOPATH="$tree/.go" GOCACHE="$work/gocache" GOROOT="$go" GOFLAGS= CGO_ENABLED=0
  export PATH="$go/bin:$PATH:$work/root/usr/bin" LD_LIBRARY_PATH="$(dirname "$(find "$work/root" -name "libxxhash.so.0" | head -n 1)")"
  export KUBE_GIT_VERSION=v1.20.2 KUBE_GIT_COMMIT=debian KUBE_GIT_TREE_STATE=archive KUBE_GIT_MAJOR=1 KUBE_GIT_MINOR=20
  say "generating code, then building (minutes)"
  (cd "$tree" && nice -n 19 timeout 1800 make generated_files) >"$work/build.log" 2>&1 || broken
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    for module in "k8s.io/kubernetes/vendor/$package"; do
      flags+=" -X $module.gitVersion=v1.20.2 -X $module.gitMajor=1 -X $module.gitMinor=20 -X $module.gitCommit=debian -X $module.gitTreeState=archive"
    done
  done
  (cd "$tree/.go/src/k8s.io/kubernetes" && GO111MODULE=off nice -n 19 timeout 1800 go build -p 2 -tags providerless -trimpath \
    -ldflags "$flags" -o "$work/bin/" ./cmd/kube-apiserver ./cmd/kubectl) >>"$work/build.log" 2>&1 || broken
  cp "$work/root/usr/bin/etcd" "$work/bin/etcd"
}

build_current() {
  need go golang
  say "fetching Kubernetes $current_version as Go modules"
  local staging="v0.${current_version#1.}" source name flags="-s -w" minor=${current_version#1.}
  cd "$work"
  export GOFLAGS=-mod=mod GOWORK=off GOTOOLCHAIN=local CGO_ENABLED=0 GOCACHE="$work/gocache"
  source=$(go mod download -json "k8s.io/kubernetes@v$current_version" | sed -nE 's/^\t"GoMod": "(.*)",$/\1/p')
  [ -f "$source" ] || fail "the Go module k8s.io/kubernetes v$current_version is not to be had here"
  cp "$source" go.mod # its own requirements, with the parts of its tree in their published versions
  chmod u+w go.mod
  go mod edit -module gridset.invalid/kubernetes -require "k8s.io/kubernetes@v$current_version"
  for name in $(sed -nE 's#^\t(k8s\.io/[a-z-]+) v0\.0\.0( .*)?$#\1#p' go.mod); do
    go mod edit -dropreplace "$name" -replace "$name=$name@$staging"
  done
  for name in gitVersion=v$current_version gitMajor=1 gitMinor="${minor%%.*}" gitCommit=module gitTreeState=archive; do
    flags+=" -X k8s.io/component-base/version.$name"
  done
  for name in $(missing); do
    say "building $name (minutes)"
    if [ "$name" = pause ]; then
      build_pause
    else
      nice -n 19 timeout 1800 go build -p 2 -tags providerless -trimpath -ldflags "$flags" -o "$work/bin/$name" \
        "k8s.io/kubernetes/cmd/$name"
    fi >>"$work/build.log" 2>&1 || broken
  done
}

build_node() { build_current; }

build_pause() {
  mkdir "$work/pause"
  cat >"$work/pause/main.go" <<'GO'
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGINT, syscall.SIGTERM)
	<-told
}
GO
  go build -trimpath -ldflags "-s -w" -o "$work/bin/pause" "$work/pause/main.go"
}

broken() {
  tail -n 20 "$work/build.log" >&2
  fail "the build failed"
}

(build_"$1")
mkdir -p "$target"
mv "$work"/bin/* "$target/"
echo "$target"
