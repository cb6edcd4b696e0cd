# Sourced by ./gridset and ./check: sets JAVA_HOME to a JDK 25 or newer, or says what to install.
# JAVA_HOME wins when it fits; then the usual places; then `java` on the PATH.

gridset_jdk_version() { # the major version of the JDK in $1, from its release file
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null
}

gridset_find_jdk() {
  local candidate version
  local on_path
  on_path=$(command -v javac 2>/dev/null) && on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
  for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/*25* /usr/lib/jvm/* "$HOME"/.sdkman/candidates/java/25* \
    "$HOME"/.jdks/*25* /opt/*jdk*25* /Library/Java/JavaVirtualMachines/*25*/Contents/Home "$on_path"; do
    [ -n "$candidate" ] && [ -x "$candidate/bin/javac" ] || continue
    version=$(gridset_jdk_version "$candidate")
    if [ "${version:-0}" -ge 25 ]; then
      export JAVA_HOME="$candidate"
      return 0
    fi
  done
  {
    echo "Gridset needs a JDK 25, and none was found (looked at JAVA_HOME, /usr/lib/jvm, ~/.sdkman, ~/.jdks, /opt, PATH)."
    echo "Install one, for example: apt install temurin-25-jdk (Adoptium), or sdk install java 25-tem;"
    echo "or set JAVA_HOME to where it is."
  } >&2
  return 1
}
