#!/usr/bin/env bash
# Makes the container image of Gridset, which runs every role: tools/build-images.sh [--base IMAGE] [--name NAME] [OUT.tar]
#   --base IMAGE   what the image stands on: the name of an image in a registry, or tar://FILE. It needs a Java 25 runtime that
#                  JAVA_HOME names, sh, bash, grep, mount, umount and setsid. By default tools/build-image-base.sh makes it here.
#   --name NAME    repository:tag (by default gridset/gridset:VERSION, as manifests/ and the chart have it)
# Prints the tar, for `kind load image-archive`, `docker load`, `ctr images import`; on standard error the image's id, which is the
# same for the same jars and base. Without OUT.tar it stays in ${GRIDSET_CACHE:-~/.cache/gridset}/images, made once for each content.
# Needs what ./gridset needs (a JDK 25, Maven); no Docker engine, no registry, no root.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
home=$(dirname "$here")
. "$here/jdk.sh"
gridset_find_jdk || exit 1
fail() { echo "build-images: $*" >&2; exit 1; }

base='' name='' out=''
while [ $# -gt 0 ]; do
  case $1 in
    --base) base=${2:?--base needs an image}; shift ;;
    --name) name=${2:?--name needs a name}; shift ;;
    -h | --help) sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    -*) fail "unknown option $1" ;;
    *) out=$1 ;;
  esac
  shift
done

GRIDSET_NO_WARM_UP=yes "$home/gridset" --version >&2 # builds what is stale
app="$home/ui-api/target"
jar=("$app"/gridset-ui-api-*.jar)
[ -f "${jar[0]}" ] && [ -d "$home/images/target/lib" ] || fail "nothing is built: mvn -DskipTests package"
version=${jar[0]##*/gridset-ui-api-}
version=${version%.jar}
: "${name:=gridset/gridset:${version%-SNAPSHOT}}"
[ -n "$base" ] || base="tar://$("$here/build-image-base.sh")"

cache="${GRIDSET_CACHE:-$HOME/.cache/gridset}/images"
mkdir -p "$cache"
[[ $(<"$home/pom.xml") =~ \<gridset\.jvm\.flags\>([^<]*)\< ]]
flags=${BASH_REMATCH[1]}
contents=("$here/build-images.sh" "$home/gridset" "$here/jdk.sh" "${jar[0]}" "$app"/lib/*.jar "$home"/images/target/classes/io/gridset/images/*)
key=$( { printf '%s\n' "$base" "$name" "$flags"; cat "${contents[@]}" | sha256sum; } | sha256sum | cut -c1-16)
made="$cache/gridset-${version%-SNAPSHOT}-$key.tar"

if [ ! -f "$made" ]; then
  exec 9>"$cache/lock"
  flock 9
fi
if [ ! -f "$made" ]; then # who waited finds it done
  work=$(mktemp -d "$cache/.work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work"/libraries/opt/gridset/lib "$work"/gridset/opt/gridset/{lib,tools} "$work"/gridset/usr/local/bin
  for file in "$app"/lib/*.jar; do
    case ${file##*/} in
      gridset-*) cp "$file" "$work/gridset/opt/gridset/lib/" ;;
      *) cp "$file" "$work/libraries/opt/gridset/lib/" ;;
    esac
  done
  cp "${jar[0]}" "$home/gridset" "$work/gridset/opt/gridset/"
  cp "$here/jdk.sh" "$work/gridset/opt/gridset/tools/"
  printf '%s\n' "$flags" >"$work/gridset/opt/gridset/jvm.flags"
  printf '#!/bin/sh\nexec /opt/gridset/gridset "$@"\n' >"$work/gridset/usr/local/bin/gridset"
  chmod 755 "$work/gridset/usr/local/bin/gridset" "$work/gridset/opt/gridset/gridset"
  "$JAVA_HOME/bin/java" --sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC -Xmx256m -cp "$home/images/target/classes:$home/images/target/lib/*" \
    io.gridset.images.ImageMain "$base" "$name" "$work/image.tar" "$work/libraries" "$work/gridset" >"$work/id" || fail "the image cannot be made"
  mv "$work/id" "$made.id"
  mv "$work/image.tar" "$made"
fi
echo "$name $(<"$made.id")" >&2
if [ -n "$out" ]; then
  cp "$made" "$out"
  made=$out
fi
echo "$made"
