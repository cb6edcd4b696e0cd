package io.gridset.server.grid;

import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;

/// Hazelcast's configuration for a member: nothing that is not needed listens, runs or
/// deserialises.
final class MemberConfig {
  static final String ID_ATTRIBUTE = "gridset.id";
  static final String WEIGHT_ATTRIBUTE = "gridset.weight";
  static final String RECORDS = "gridset.records";

  /// Two members may die at once without a record lost, if more live.
  private static final int BACKUPS = 2;

  /// A hung member stalls its partitions for so long; the default is 60 s.
  private static final String NO_HEARTBEAT_SECONDS = "15";

  /// Threads for each direction of the network, and for events: only small records go through.
  private static final String FEW_THREADS = "1";

  /// An allow-list that allows nothing. It must not be empty: Hazelcast takes an empty list with
  /// defaults disabled for "no list" and lets everything pass.
  private static final String NO_SUCH_CLASS = "io.gridset.none";

  private MemberConfig() {}

  static Config of(GridSettings settings, String id) {
    Config config = new Config();
    config.setClusterName(settings.clusterName());
    config.setProperty("hazelcast.logging.type", "slf4j");
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.shutdownhook.enabled", "false");
    config.setProperty("hazelcast.socket.bind.any", "false");
    config.setProperty("hazelcast.max.no.heartbeat.seconds", NO_HEARTBEAT_SECONDS);
    config.setProperty("hazelcast.io.thread.count", FEW_THREADS);
    config.setProperty("hazelcast.event.thread.count", FEW_THREADS);
    config.setProperty("hazelcast.graceful.shutdown.max.wait", NO_HEARTBEAT_SECONDS);
    config.getJetConfig().setEnabled(false);
    config.getMetricsConfig().setEnabled(false);
    config.getMemberAttributeConfig().setAttribute(ID_ATTRIBUTE, id);
    config
        .getMemberAttributeConfig()
        .setAttribute(WEIGHT_ATTRIBUTE, Double.toString(settings.weight()));
    config
        .getSerializationConfig()
        .setJavaSerializationFilterConfig(nothing())
        .getCompactSerializationConfig()
        .setZeroConfigFilter(nothing());
    config.addMapConfig(
        new MapConfig(RECORDS).setBackupCount(BACKUPS).setInMemoryFormat(InMemoryFormat.BINARY));
    network(config.getAdvancedNetworkConfig(), settings);
    return config;
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
      case Discovery.KubernetesDns(String service) ->
          join.getKubernetesConfig().setEnabled(true).setProperty("service-dns", service);
      case Discovery.KubernetesApi(String namespace, String service) ->
          join.getKubernetesConfig()
              .setEnabled(true)
              .setProperty("namespace", namespace)
              .setProperty("service-name", service);
    }
  }
}
