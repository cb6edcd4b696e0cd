package io.gridset.server.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/// What every catalog of objects does. Names are fresh in each test: catalogs may be shared.
public abstract class ObjectCatalogContract {
  private final String namespace = "ns-" + UUID.randomUUID();

  protected abstract ObjectCatalog catalog();

  /// The id of the node whose catalog it is.
  protected abstract String node();

  /// Waits until something is so that comes by itself.
  public static void until(String what, Callable<Boolean> condition) throws Exception {
    long deadline = Ticker.system().nanos() + Duration.ofSeconds(90).toNanos();
    while (!condition.call()) {
      if (Ticker.system().nanos() > deadline) {
        throw new AssertionError("not within 90 s: " + what);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  /// A record whose bytes are in it.
  public static ObjectRecord record(ObjectName name, byte[] payload, String node) {
    return new ObjectRecord(info(name, payload.length, 1, node), payload);
  }

  /// A record of an object whose bytes a node holds.
  public static ObjectRecord record(ObjectName name, long bytes, int replicas, String node) {
    return new ObjectRecord(info(name, bytes, replicas, node), null);
  }

  private static ObjectInfo info(ObjectName name, long bytes, int replicas, String node) {
    return new ObjectInfo(
        name,
        UUID.randomUUID().toString().replace("-", ""),
        bytes,
        7,
        2,
        "a: int64\nb: \"utf8\"",
        new ObjectAttributes(
            "pandas.DataFrame",
            true,
            replicas,
            Duration.ofHours(3),
            Map.of("k", "v", "ü", "\n"),
            List.of("risk/one", "two"),
            "a test"),
        Instant.parse("2026-01-02T03:04:05.678901Z"),
        Instant.parse("2100-01-02T03:04:05Z"),
        List.of(node));
  }

  private ObjectName name(String path) {
    return new ObjectName(namespace, path);
  }

  private ObjectRecord record(String path) {
    byte[] payload = new byte[1000];
    new Random(path.hashCode()).nextBytes(payload);
    return record(name(path), payload, node());
  }

  @Test
  void whatWasPublishedIsFoundWithAllThatBelongsToIt() throws Exception {
    ObjectRecord small = record("risk/2024/x_train");
    ObjectRecord large = record(name("large"), 5L << 30, 1, node());
    assertThat(catalog().find(small.name())).isEmpty();
    assertThat(catalog().publish(small)).isTrue();
    assertThat(catalog().publish(large)).isTrue();
    ObjectRecord found = catalog().find(small.name()).orElseThrow();
    assertThat(found.info().holders()).contains(node());
    assertThat(found.heldBy(List.of(node())).info()).isEqualTo(small.info());
    assertThat(found.payload()).isEqualTo(small.payload());
    assertThat(catalog().find(large.name()).orElseThrow().info()).isEqualTo(large.info());
    assertThat(catalog().find(large.name()).orElseThrow().payload()).isNull();
  }

  @Test
  void aNamespaceIsListedByPrefixInOrderOfPaths() throws Exception {
    List<String> paths = List.of("b", "a/2", "a/10", "a", "ab", "a/1");
    for (String path : paths) {
      assertThat(catalog().publish(record(path))).isTrue();
    }
    assertThat(catalog().publish(record(new ObjectName(namespace + "x", "a/3"), 9, 1, node())))
        .isTrue();
    assertThat(paths("a/")).containsExactly("a/1", "a/10", "a/2");
    assertThat(paths("")).containsExactly("a", "a/1", "a/10", "a/2", "ab", "b");
    assertThat(paths("c")).isEmpty();
  }

  private List<String> paths(String prefix) {
    return catalog().list(namespace, prefix).stream().map(record -> record.name().path()).toList();
  }

  @Test
  void aNameStandsForOneObjectUntilThatIsWithdrawn() throws Exception {
    ObjectRecord first = record("name");
    ObjectRecord second = record(first.name(), 1000, 1, node());
    assertThat(catalog().publish(first)).isTrue();
    assertThat(catalog().publish(second)).isFalse();
    assertThat(catalog().withdraw(first.name(), second.id())).isFalse();
    assertThat(catalog().find(first.name()).orElseThrow().id()).isEqualTo(first.id());
    assertThat(catalog().withdraw(first.name(), first.id())).isTrue();
    assertThat(catalog().withdraw(first.name(), first.id())).isFalse();
    assertThat(catalog().find(first.name())).isEmpty();
    assertThat(paths("")).isEmpty();
    assertThat(catalog().publish(second)).isTrue();
    assertThat(catalog().find(first.name()).orElseThrow().id()).isEqualTo(second.id());
  }

  @Test
  void ofManyWhoPublishOneNameOneGetsIt() throws Exception {
    List<Future<Boolean>> outcomes = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 20; i++) {
        ObjectRecord mine = record(name("wanted"), 100 + i, 1, node());
        outcomes.add(threads.submit(() -> catalog().publish(mine)));
      }
    }
    int won = 0;
    for (Future<Boolean> outcome : outcomes) {
      won += outcome.get() ? 1 : 0;
    }
    assertThat(won).isEqualTo(1);
  }

  @Test
  void holdersComeAndGo() throws Exception {
    ObjectRecord held = record(name("held"), 1 << 20, 1, node());
    catalog().publish(held);
    catalog().hold(held.name(), held.id());
    until("it is held", () -> holders(held).equals(List.of(node())));
    catalog().drop(held.name(), held.id());
    until("it is not", () -> holders(held).isEmpty());
    catalog().hold(held.name(), "00000000000000000000000000000000"); // Of an object of old.
    catalog().hold(held.name(), held.id());
    until("it is again", () -> holders(held).equals(List.of(node())));
  }

  private List<String> holders(ObjectRecord record) throws StorageException {
    return catalog().find(record.name()).map(found -> found.info().holders()).orElse(List.of());
  }

  @Test
  void aWatcherHearsOfNamesThatComeAndGoUntilItEnds() throws Exception {
    ConcurrentLinkedQueue<ObjectName> heard = new ConcurrentLinkedQueue<>();
    ObjectRecord one = record("one");
    ObjectRecord other = record("other");
    try (AutoCloseable _ = catalog().watch(heard::add)) {
      catalog().publish(one);
      until("the first is heard of", () -> heard.contains(one.name()));
      heard.clear();
      catalog().withdraw(one.name(), one.id());
      until("its end is heard of", () -> heard.contains(one.name()));
    }
    heard.clear();
    catalog().publish(other);
    assertThat(heard).doesNotContain(other.name());
  }
}
