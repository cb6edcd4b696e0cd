package io.gridset.server.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.client.HazelcastClient;
import com.hazelcast.client.config.ClientConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.spi.exception.CallerNotMemberException;
import com.hazelcast.spi.exception.PartitionMigratingException;
import com.hazelcast.spi.exception.RetryableHazelcastException;
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

  private static GridSettings settings() {
    return new GridSettings(
        "config-test",
        "127.0.0.1",
        25_701,
        100,
        new Discovery.Alone(),
        Path.of("unused"),
        new GridSettings.Profile("one", 1, Optional.empty(), "1"));
  }

  /// A failure with something inside.
  private static final class Wrapper extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final Serializable inside;

    Wrapper(Serializable inside) {
      this.inside = inside;
    }

    @Override
    public String toString() {
      return String.valueOf(inside);
    }
  }

  /// A member that cannot read another's refusal waits for its answer for ever.
  @Test
  void refusalsOfOtherMembersAreUnderstood() {
    HazelcastInstance member =
        Hazelcast.newHazelcastInstance(MemberConfig.of(settings(), "refusals"));
    try {
      var map = member.<String, Object>getMap("any");
      for (Throwable refusal :
          List.of(
              new CallerNotMemberException("not yet"),
              new PartitionMigratingException("moving"),
              new HazelcastInstanceNotActiveException("ending"),
              new RetryableHazelcastException("again", new IOException("cut off")),
              new NullPointerException("a mistake"),
              new TimeoutException("late"))) {
        refusal.addSuppressed(new ConcurrentModificationException("beside it"));
        map.put("refusal", refusal);
        assertThat(map.get("refusal"))
            .isInstanceOfSatisfying(
                refusal.getClass(), read -> assertThat(read).hasMessage(refusal.getMessage()));
      }
    } finally {
      member.shutdown();
    }
  }

  @Test
  void nothingButPlainValuesIsDeserialisedAndNoClientIsLetIn() {
    HazelcastInstance member = Hazelcast.newHazelcastInstance(MemberConfig.of(settings(), "one"));
    try {
      var map = member.<String, Object>getMap("any");
      map.put("text", "plain");
      assertThat(map.get("text")).isEqualTo("plain");
      map.put("gadget", new Gadget());
      assertThatThrownBy(() -> map.get("gadget")).hasStackTraceContaining("Gadget");
      assertThat(READ).isFalse();
      map.put("hidden", new IllegalStateException("around it", new Wrapper(new Gadget())));
      assertThatThrownBy(() -> map.get("hidden")).hasStackTraceContaining("Wrapper");
      assertThat(READ).isFalse();

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
