#!/usr/bin/env bash
# Images under the names of test/containers/parts.ts, made from what is on this machine, for where none can be pulled: Kafka and the registry that
# infra/local has fetched (start them once: `npm test -- integration/local`), and its ClickHouse. They prove the path through containers, not the images.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=${CHOKEPOINT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/chokepoint}
parts=$(ls -d "$cache"/parts-* | head -1)
java=$(dirname "$(dirname "$(readlink -f "${JAVA_HOME:+$JAVA_HOME/bin/}$([ -n "${JAVA_HOME:-}" ] && echo java || command -v java)")")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# with_libraries ROOT FILE...: the files and the shared libraries that they name, at the same places.
with_libraries() {
  local root=$1; shift
  { printf '%s\n' "$@"; ldd "$@" 2>/dev/null | grep -oE '/[^ :]+\.so[^ :]*' || true; } | sort -u | while read -r file; do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
}

base() {
  mkdir -p "$1"/{tmp,etc,bin,usr/bin}
  chmod 1777 "$1/tmp"
  with_libraries "$1" /bin/bash /bin/sh $(for tool in sleep env cat mkdir sed tr sort rm; do command -v $tool; done)
  echo 'root:x:0:0:root:/tmp:/bin/sh' > "$1/etc/passwd"
}

echo "Kafka"
base "$work/kafka"
jlink --module-path "$java/jmods" --add-modules java.base,java.logging,java.management,java.naming,java.security.jgss,java.security.sasl,java.sql,java.desktop,java.compiler,java.instrument,jdk.management,jdk.unsupported,jdk.crypto.ec,jdk.zipfs,java.net.http,java.scripting,jdk.jfr,java.rmi,java.transaction.xa --no-header-files --no-man-pages --strip-debug --output "$work/jre"
with_libraries "$work/kafka" "$work"/jre/lib/*.so "$work/jre/lib/server/libjvm.so" "$work/jre/bin/java"
# The jars have libraries of their own in them, which name others that nothing else here does: zstd's needs libpthread, and without it no topic can be kept as zstd.
mkdir "$work/native"
for jar in "$parts"/kafka/{zstd-jni,snappy-java,lz4-java}-*.jar; do (cd "$work/native" && "$java/bin/jar" xf "$jar"); done
with_libraries "$work/kafka" $(find "$work/native" -name '*.so')
rm -rf "$work/kafka$work"
cp -r "$work/jre" "$work/kafka/jre"
cp -rL "$parts/kafka" "$work/kafka/jars"
mkdir -p "$work/kafka/etc/confluent/docker"
cat > "$work/kafka/etc/confluent/docker/run" <<'RUN'
#!/bin/bash
set -e
: > /tmp/server.properties
env | while IFS='=' read -r name value; do
  case $name in KAFKA_*) name=${name#KAFKA_}; name=${name//_/.}; echo "${name,,}=$value" >> /tmp/server.properties ;; esac
done
echo "log.dirs=/tmp/kafka-logs" >> /tmp/server.properties
java="/jre/bin/java -Xmx512m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info -cp /jars/*"
set -f
$java kafka.tools.StorageTool format --ignore-formatted -t "$CLUSTER_ID" -c /tmp/server.properties
exec $java kafka.Kafka /tmp/server.properties
RUN
chmod +x "$work/kafka/etc/confluent/docker/run"
tar -C "$work/kafka" -c . | docker import - confluentinc/cp-kafka:8.0.0

echo "registry"
mkdir "$work/registry"
cp -al "$work/kafka/." "$work/registry/"
rm -rf "$work/registry/jars"
cp -rL "$parts/registry" "$work/registry/registry"
tar -C "$work/registry" -c . | docker import -c 'ENTRYPOINT ["/jre/bin/java", "-Xmx256m", "-Dquarkus.profile=prod", "-Dquarkus.http.host=0.0.0.0", "-Dquarkus.http.port=8080", "-jar", "/registry/apicurio-registry-app-3.0.9-runner.jar"]' - apicurio/apicurio-registry:3.0.9

echo "ClickHouse"
base "$work/clickhouse"
node=$(readlink -f node_modules/node/bin/node)
mkdir -p "$work/clickhouse/app/infra" "$work/clickhouse/app/node_modules"
with_libraries "$work/clickhouse" "$node" $(find -L node_modules/chdb node_modules/@chdb -name '*.node' -o -name 'libchdb.so' 2>/dev/null | xargs -r readlink -f)
rm -rf "$work/clickhouse$(pwd)"
cp "$node" "$work/clickhouse/usr/bin/node"
cp -r infra/local "$work/clickhouse/app/infra/"
cp package.json "$work/clickhouse/app/"
for module in chdb @chdb @clickhouse node-gyp-build; do cp -rL "node_modules/$module" "$work/clickhouse/app/node_modules/"; done
# The local server binds to loopback, which a container's mapped port does not reach.
cat > "$work/clickhouse/app/forward.mjs" <<'FORWARD'
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
spawn(process.execPath, ['/app/infra/local/clickhouseServer.ts', '--path', '/tmp/clickhouse/data', '--port', '8124'], { stdio: 'inherit', env: { ...process.env, TZ: 'UTC', UV_THREADPOOL_SIZE: '12' } });
createServer((from) => {
  const to = connect(8124, '127.0.0.1');
  for (const [one, other] of [[from, to], [to, from]]) one.on('error', () => other.destroy()).pipe(other);
}).listen(8123, '0.0.0.0');
process.on('SIGTERM', () => process.exit(0));
FORWARD
tar -C "$work/clickhouse" -c . | docker import -c 'ENTRYPOINT ["/usr/bin/node", "/app/forward.mjs"]' - clickhouse/clickhouse-server:25.8
docker images
