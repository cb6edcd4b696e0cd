#!/bin/sh
# Writes manifests/crds from the model in grid-node/core. Needs what ./check has built: mvn -DskipTests package.
set -eu
cd "$(dirname "$(readlink -f "$0")")/.."
. tools/jdk.sh
gridset_find_jdk
[ -d operator-lite/target/lib ] || { echo "generate-manifests: build first: mvn -DskipTests package" >&2; exit 1; }
rm -f manifests/crds/*.yaml
exec "$JAVA_HOME/bin/java" -cp "operator-lite/target/classes:grid-node/core/target/classes:operator-lite/target/lib/*" \
  io.gridset.operator.crd.GenerateManifests manifests/crds
