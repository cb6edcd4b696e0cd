package io.gridset.server.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.client.HazelcastClient;
import com.hazelcast.client.config.ClientConfig;
import com.hazelcast.cluster.ClusterState;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.internal.cluster.impl.ClusterTopologyChangedException;
import com.hazelcast.spi.exception.PartitionMigratingException;
import com.hazelcast.spi.exception.RetryableHazelcastException;
import com.hazelcast.spi.exception.TargetNotMemberException;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class MemberConfigTest {
  private static final AtomicBoolean READ = new AtomicBoolean();

  /// What an attacker would send: code that runs while it is read.
  private static final class Gadget implements Serializable {
    private static final long serialVersionUID = 1;

    private void readObject(ObjectInputStream in) {
      READ.set(true);
    }
  }

  /// What members answer each other when an operation fails: unread, it would be waited for.
  private static List<RuntimeException> failures() {
    IllegalStateException suppressing = new IllegalStateException(new IOException("cause"));
    suppressing.addSuppressed(new TimeoutException());
    return List.of(
        suppressing,
        new NullPointerException(),
        new HazelcastInstanceNotActiveException(),
        new PartitionMigratingException("moving"),
        new RetryableHazelcastException("again"),
        new ConcurrentModificationException("changed"),
        new ClusterTopologyChangedException("another member list"),
        new TargetNotMemberException("gone"));
  }

  @Test
  void nothingButPlainValuesAndFailuresIsDeserialisedAndNoClientIsLetIn() {
    GridSettings settings =
        new GridSettings(
            "config-test",
            "127.0.0.1",
            25_701,
            100,
            new Discovery.Alone(),
            Path.of("unused"),
            new GridSettings.Profile("one", 1, Optional.empty(), "1"));
    HazelcastInstance member = Hazelcast.newHazelcastInstance(MemberConfig.of(settings, "one"));
    try {
      var map = member.<String, Object>getMap("any");
      map.put("text", "plain");
      assertThat(map.get("text")).isEqualTo("plain");
      map.put("gadget", new Gadget());
      assertThatThrownBy(() -> map.get("gadget")).hasStackTraceContaining("Gadget");
      assertThat(READ).isFalse();
      for (RuntimeException failure : failures()) {
        map.put("failure", failure);
        assertThat(map.get("failure")).isInstanceOf(failure.getClass());
      }

      // Parts of a split that find each other send it; unread, they never come together.
      map.put("state", ClusterState.FROZEN);
      assertThat(map.get("state")).isEqualTo(ClusterState.FROZEN);

      ClientConfig client = new ClientConfig().setClusterName("config-test");
      client.setProperty("hazelcast.logging.type", "slf4j");
      var address = member.getCluster().getLocalMember().getAddress();
      client.getNetworkConfig().addAddress("127.0.0.1:" + address.getPort());
      client
          .getConnectionStrategyConfig()
          .getConnectionRetryConfig()
          .setClusterConnectTimeoutMillis(1_000);
      assertThatThrownBy(() -> HazelcastClient.newHazelcastClient(client))
          .isInstanceOf(IllegalStateException.class);
    } finally {
      member.shutdown();
    }
  }
}
