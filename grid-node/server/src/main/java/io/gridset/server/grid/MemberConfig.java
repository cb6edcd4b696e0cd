package io.gridset.server.grid;

import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MemberAttributeConfig;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import com.hazelcast.spi.merge.DiscardMergePolicy;
import io.gridset.server.grid.GridSettings.Profile;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;

/// Hazelcast's configuration for a member: nothing that is not needed listens, runs or
/// deserialises.
final class MemberConfig {
  static final String ID_ATTRIBUTE = "gridset.id";
  static final String WEIGHT_ATTRIBUTE = "gridset.weight";
  static final String NAME_ATTRIBUTE = "gridset.name";
  static final String DATA_ATTRIBUTE = "gridset.data";
  static final String VERSION_ATTRIBUTE = "gridset.version";

  /// Manifests and loads.
  static final String RECORDS = "gridset.records";

  /// Who belongs to the grid.
  static final String MEMBERS = "gridset.members";

  /// Names of objects, and the payloads of small ones.
  static final String OBJECTS = "gridset.objects";

  /// Names that somebody is about to put.
  static final String CLAIMS = "gridset.claims";

  /// Begins the names of all shared maps.
  static final String SHARED_MAPS = "gridset.map.";

  /// Two members may die at once without a record lost, if more live.
  private static final int BACKUPS = 2;

  /// A hung member stalls its partitions for so long; the default is 60 s.
  private static final String NO_HEARTBEAT_SECONDS = "15";

  /// How long an operation on a map waits for a member that is there and does not answer: twice
  /// this, by Hazelcast's own rule, so shorter than a second heartbeat is awaited. The default is
  /// 60 s. What fails is tried again by whoever keeps the map.
  private static final String CALL_MILLIS = "10000";

  /// How often an operation is tried again that a member refused because partitions move, or who
  /// has them is not known yet, each time half a second later. The default is 250 times: 2 min.
  private static final String CALL_RETRIES = "30";

  /// How long a partition may take to move; the default is 300 s. What is in flight to a member
  /// when their connection breaks is lost without a word, and while a few such moves are waited for
  /// no other partition moves: those of members that died would stay with them.
  private static final String MIGRATION_SECONDS = "15";

  /// How long the first of a grid waits for more before it lets those in that asked: one change of
  /// the partition table for all of them.
  private static final String GATHERING_SECONDS = "1";

  /// How long a member tries to join before it begins a grid of its own; healing joins them later.
  private static final String JOIN_SECONDS = "30";

  /// How often a grid looks for another part of it; the defaults are 300 s and 120 s.
  private static final String HEALING_SECONDS = "10";

  /// How long a leaving member hands its share of the maps over. What would be lost is put again by
  /// those who know it.
  private static final String FAREWELL_SECONDS = "5";

  /// Threads for each direction of the network, and for events: only small records go through.
  private static final String FEW_THREADS = "1";

  /// An allow-list that allows nothing. It must not be empty: Hazelcast takes an empty list with
  /// defaults disabled for "no list" and lets everything pass.
  private static final String NO_SUCH_CLASS = "io.gridset.none";

  /// Packages of Hazelcast's own exceptions, which travel by Java's serialization. A member that
  /// cannot read one never learns that its operation failed (a partition that moves, a member that
  /// leaves), and waits for two minutes instead of trying again.
  private static final List<String> EXCEPTION_PACKAGES =
      List.of(
          "com.hazelcast.spi.exception",
          "com.hazelcast.spi.impl.operationservice",
          "com.hazelcast.core",
          "com.hazelcast.internal.cluster.impl",
          "com.hazelcast.internal.partition",
          "com.hazelcast.internal.server.tcp",
          "com.hazelcast.internal.util",
          "com.hazelcast.internal.util.concurrent",
          "com.hazelcast.map",
          "com.hazelcast.map.impl.operation",
          "com.hazelcast.memory",
          "com.hazelcast.nio.serialization",
          "com.hazelcast.query",
          "com.hazelcast.cluster",
          "com.hazelcast.partition",
          "com.hazelcast.splitbrainprotection");

  /// What exceptions of those packages and of the JDK consist of: data only, no code runs when one
  /// is read.
  private static final List<Class<?>> EXCEPTION_CLASSES =
      List.of(
          Throwable.class,
          Exception.class,
          Error.class,
          RuntimeException.class,
          IllegalStateException.class,
          IllegalArgumentException.class,
          IllegalThreadStateException.class,
          UnsupportedOperationException.class,
          NullPointerException.class,
          ClassCastException.class,
          IndexOutOfBoundsException.class,
          InterruptedException.class,
          SecurityException.class,
          OutOfMemoryError.class,
          VirtualMachineError.class,
          IOException.class,
          EOFException.class,
          CancellationException.class,
          CompletionException.class,
          ExecutionException.class,
          RejectedExecutionException.class,
          TimeoutException.class,
          ConcurrentModificationException.class,
          NoSuchElementException.class,
          StackTraceElement.class,
          StackTraceElement[].class,
          Enum.class, // A state of the cluster: parts of a split freeze theirs before they join.
          UUID.class,
          ArrayList.class,
          Collections.emptyList().getClass(),
          Collections.unmodifiableCollection(List.of()).getClass(),
          Collections.unmodifiableList(List.of()).getClass());

  /// The serial form of `List.of()`, which a Throwable without suppressed ones holds.
  private static final String IMMUTABLE_LIST = "java.util.CollSer";

  private MemberConfig() {}

  static Config of(GridSettings settings, String id) {
    Config config = new Config();
    config.setClusterName(settings.clusterName());
    config.setProperty("hazelcast.logging.type", "slf4j");
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.shutdownhook.enabled", "false");
    config.setProperty("hazelcast.socket.bind.any", "false");
    config.setProperty("hazelcast.max.no.heartbeat.seconds", NO_HEARTBEAT_SECONDS);
    config.setProperty("hazelcast.operation.call.timeout.millis", CALL_MILLIS);
    config.setProperty("hazelcast.invocation.max.retry.count", CALL_RETRIES);
    config.setProperty("hazelcast.partition.migration.timeout", MIGRATION_SECONDS);
    config.setProperty("hazelcast.io.thread.count", FEW_THREADS);
    config.setProperty("hazelcast.event.thread.count", FEW_THREADS);
    config.setProperty("hazelcast.graceful.shutdown.max.wait", FAREWELL_SECONDS);
    config.setProperty("hazelcast.wait.seconds.before.join", GATHERING_SECONDS);
    config.setProperty("hazelcast.max.join.seconds", JOIN_SECONDS);
    config.setProperty("hazelcast.merge.first.run.delay.seconds", HEALING_SECONDS);
    config.setProperty("hazelcast.merge.next.run.delay.seconds", HEALING_SECONDS);
    config.getJetConfig().setEnabled(false);
    config.getMetricsConfig().setEnabled(false);
    describe(config.getMemberAttributeConfig(), settings.self(), id);
    config
        .getSerializationConfig()
        .setJavaSerializationFilterConfig(exceptions())
        .getCompactSerializationConfig()
        .setZeroConfigFilter(nothing());
    config.addMapConfig(map(RECORDS));
    config.addMapConfig(map(MEMBERS));
    config.addMapConfig(map(OBJECTS));
    config.addMapConfig(map(CLAIMS));
    config.addMapConfig(map(SHARED_MAPS + "*"));
    network(config.getAdvancedNetworkConfig(), settings);
    return config;
  }

  private static void describe(MemberAttributeConfig attributes, Profile self, String id) {
    attributes.setAttribute(ID_ATTRIBUTE, id);
    attributes.setAttribute(NAME_ATTRIBUTE, self.name());
    attributes.setAttribute(WEIGHT_ATTRIBUTE, Double.toString(self.weight()));
    attributes.setAttribute(VERSION_ATTRIBUTE, self.version());
    self.data().ifPresent(data -> attributes.setAttribute(DATA_ATTRIBUTE, data.toString()));
  }

  /// After a split the larger part's entries stay; members put again what they know better.
  private static MapConfig map(String name) {
    return new MapConfig(name)
        .setBackupCount(BACKUPS)
        .setInMemoryFormat(InMemoryFormat.BINARY)
        .setMergePolicyConfig(
            new MergePolicyConfig().setPolicy(DiscardMergePolicy.class.getName()));
  }

  private static JavaSerializationFilterConfig exceptions() {
    JavaSerializationFilterConfig filter = new JavaSerializationFilterConfig();
    filter.setDefaultsDisabled(true);
    EXCEPTION_PACKAGES.forEach(filter.getWhitelist()::addPackages);
    filter.getWhitelist().addClasses(IMMUTABLE_LIST);
    EXCEPTION_CLASSES.forEach(type -> filter.getWhitelist().addClasses(type.getName()));
    return filter;
  }

  private static JavaSerializationFilterConfig nothing() {
    JavaSerializationFilterConfig filter = new JavaSerializationFilterConfig();
    filter.setDefaultsDisabled(true);
    filter.getWhitelist().addClasses(NO_SUCH_CLASS);
    return filter;
  }

  /// Advanced networking with a member endpoint only: no client can connect at all.
  private static void network(AdvancedNetworkConfig network, GridSettings settings) {
    network.setEnabled(true);
    ServerSocketEndpointConfig endpoint = new ServerSocketEndpointConfig();
    endpoint
        .setPort(settings.port())
        .setPortAutoIncrement(settings.portCount() > 1)
        .setPortCount(settings.portCount());
    endpoint.getInterfaces().setEnabled(true).addInterface(settings.bindAddress());
    network.setMemberEndpointConfig(endpoint);
    JoinConfig join = network.getJoin();
    join.getMulticastConfig().setEnabled(false);
    join.getAutoDetectionConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(false);
    switch (settings.discovery()) {
      case Discovery.Alone() -> {}
      case Discovery.Addresses(var members) ->
          join.getTcpIpConfig().setEnabled(true).setMembers(members);
      case Discovery.Dns(String name, int port) ->
          join.getKubernetesConfig()
              .setEnabled(true)
              .setProperty("service-dns", name)
              .setProperty("service-port", Integer.toString(port));
      case Discovery.KubernetesApi(String namespace, String service, int port) ->
          join.getKubernetesConfig()
              .setEnabled(true)
              .setProperty("namespace", namespace)
              .setProperty("service-name", service)
              .setProperty("service-port", Integer.toString(port));
    }
  }
}
