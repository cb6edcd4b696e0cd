#!/usr/bin/env bash
# Makes the base of the image where no registry is at hand: Debian's packages that the program calls, and a Java runtime
# linked from this machine's JDK 25. Prints the tar (as `docker save` writes it, two layers: Debian, Java), which is made
# once for each version of this file and of the JDK, in ${GRIDSET_CACHE:-~/.cache/gridset}. Same packages and JDK, same bytes.
# Needs apt-get and dpkg with Debian's sources in /etc/apt; no root, no Docker engine; installs nothing.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
. "$here/jdk.sh"
gridset_find_jdk || exit 1
fail() { echo "build-image-base: $*" >&2; exit 1; }

# A shell for hooks and probes, mount and umount, setsid for the servers of mounts, fusermount3 for the second transport.
packages=(libc6 zlib1g bash dash libtinfo6 coreutils libacl1 libattr1 libgmp10 libselinux1 libpcre2-8-0 grep sed libcrypt1
  mount libblkid1 libmount1 libsmartcols1 util-linux libcap-ng0 libuuid1 libudev1 libsystemd0 fuse3 libfuse3-3 ca-certificates netbase)
modules=java.se,jdk.crypto.ec,jdk.jcmd,jdk.jfr,jdk.management,jdk.management.agent,jdk.naming.dns,jdk.net,jdk.security.auth,jdk.unsupported,jdk.zipfs
cache="${GRIDSET_CACHE:-$HOME/.cache/gridset}"
key=$(cat "$here/build-image-base.sh" "$JAVA_HOME/release" | sha256sum | cut -c1-16)
base="$cache/image-base-$key.tar"
if [ -f "$base" ]; then
  echo "$base"
  exit 0
fi
for tool in apt-get dpkg tar sha256sum python3; do command -v "$tool" >/dev/null || fail "$tool is not installed"; done
mkdir -p "$cache"
exec 9>"$cache/image-base.lock"
flock 9 # who waited finds it made
if [ -f "$base" ]; then
  echo "$base"
  exit 0
fi
work=$(mktemp -d "$base.work.XXXXXX")
trap 'chmod -R u+w "$work" 2>/dev/null || true; rm -rf "$work"' EXIT
umask 022

# apt with lists and a cache of its own, on the machine's own sources; what else stands in /etc/apt is left alone.
apt_options=(-o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o "APT::Sandbox::User=$(id -un)"
  -o "Acquire::Languages=none" -o "Debug::NoLocking=true" -o "APT::Update::Post-Invoke=" -o "APT::Update::Post-Invoke-Success=" -q=2)
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs" "$work/image" "$work/java/opt"
apt-get "${apt_options[@]}" update >&2 || echo "build-image-base: not all lists of packages can be read" >&2
(cd "$work/debs" && apt-get "${apt_options[@]}" download "${packages[@]}" >&2) || fail "Debian's packages are not to be had here"

root="$work/debian"
# As every Debian has had it since 12: one /usr.
mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{etc/ssl/certs,tmp,run,proc,sys,dev,root,home,mnt,var/lib/gridset,var/tmp}
for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
for deb in "$work"/debs/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink --no-same-owner; done
rm -rf "$root"/usr/share/{man,info,locale,lintian,bash-completion,menu,initramfs-tools,bug,gcc,zoneinfo} "$root"/{usr/lib,lib}/{udev,systemd,modules-load.d} \
  "$root"/etc/{init.d,cron.d,cron.daily,default,pam.d} "$root"/usr/lib/x86_64-linux-gnu/gconv "$root"/var/lib/dpkg
find "$root/usr/share/doc" -mindepth 2 -type f ! -name copyright -delete
find "$root" -xdev -perm /6000 -type f -exec chmod ug-s {} + # nobody becomes root in here
chmod 1777 "$root/tmp" "$root/var/tmp"
find "$root/usr/share/ca-certificates/mozilla" -name '*.crt' | LC_ALL=C sort | xargs cat >"$root/etc/ssl/certs/ca-certificates.crt"
printf 'root:x:0:0:root:/root:/bin/bash\ngridset:x:65532:65532:gridset:/tmp:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\ngridset:x:65532:\nnogroup:x:65534:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
(cd "$work/debs" && printf '%s\n' *.deb | LC_ALL=C sort) >"$root/etc/gridset-image-packages"
ls "$root"/usr/bin/{bash,sh,mount,umount,setsid,stat,grep,fusermount3} >/dev/null || fail "a program is missing in the packages"
libraries=$(find "$root/usr/lib" -name '*.so*' -printf '%h\n' | sort -u | paste -sd :)
missing=$(for program in bash mount umount setsid stat grep sed flock fusermount3 nice; do
  LD_LIBRARY_PATH=$libraries ldd "$root/usr/bin/$program" | grep -F -e 'not found' -e ' => /lib' -e ' => /usr' || true; done | sort -u)
[ -z "$missing" ] || fail "libraries are missing in the packages: $missing"

"$JAVA_HOME/bin/jlink" --add-modules "$modules" --strip-debug --no-man-pages --no-header-files --generate-cds-archive \
  --output "$work/java/opt/java" >&2 || fail "no runtime can be linked from the JDK in $JAVA_HOME"

layer() { # DIRECTORY NAME: a tar of it that depends on its content only
  tar -C "$1" --sort=name --format=gnu --mtime=@1 --owner=0 --group=0 --numeric-owner --mode=go-w -cf "$work/image/$2.tar" .
}
layer "$root" debian
layer "$work/java" java
(cd "$work/image" && python3 - "$(dpkg --print-architecture)" <<'PYTHON'
import hashlib, json, sys
layers = ["debian.tar", "java.tar"]
def digest(name):
    with open(name, "rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
configuration = {
    "architecture": sys.argv[1], "os": "linux", "created": "1970-01-01T00:00:01Z",
    "config": {"Env": ["PATH=" + path, "JAVA_HOME=/opt/java"]},
    "rootfs": {"type": "layers", "diff_ids": [digest(name) for name in layers]},
    "history": [{"created": "1970-01-01T00:00:01Z", "created_by": made} for made in ("packages of Debian", "jlink")]}
with open("config.json", "w") as file:
    json.dump(configuration, file)
with open("manifest.json", "w") as file:
    json.dump([{"Config": "config.json", "RepoTags": ["gridset/base:local"], "Layers": layers}], file)
PYTHON
)
tar -C "$work/image" --sort=name --mtime=@1 --owner=0 --group=0 --numeric-owner -cf "$work/base.tar" config.json debian.tar java.tar manifest.json
mv "$work/base.tar" "$base"
echo "$base"
