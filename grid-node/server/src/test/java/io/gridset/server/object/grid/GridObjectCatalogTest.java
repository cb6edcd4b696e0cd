package io.gridset.server.object.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.object.ObjectName;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.Ticker;
import io.gridset.server.object.ObjectCatalog;
import io.gridset.server.object.ObjectCatalogContract;
import io.gridset.server.object.ObjectRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GridObjectCatalogTest extends ObjectCatalogContract {
  @TempDir private static Path directory;
  private static TestMembers members;

  @BeforeAll
  static void start() throws Exception {
    members = new TestMembers(directory, 3);
  }

  @AfterAll
  static void stop() {
    members.close();
  }

  private static GridObjectCatalog of(int number) {
    return members.get(number).objects.catalog();
  }

  private static List<ObjectName> lost(int number) {
    return of(number).lost("default", "").stream().map(lost -> lost.info().name()).toList();
  }

  @Override
  protected ObjectCatalog catalog() {
    return of(0);
  }

  @Override
  protected String node() {
    return members.get(0).member.id();
  }

  private static ObjectRecord small(String name, int number) {
    return record(ObjectName.of(name), new byte[1024], members.get(number).member.id());
  }

  @Test
  void aNameIsSeenByAllAndOneOfAllGetsIt() throws Exception {
    ObjectRecord first = small("shared/name", 1);
    assertThat(of(1).publish(first)).isTrue();
    for (int i = 0; i < 3; i++) {
      int number = i;
      until("all see it", () -> of(number).find(first.name()).isPresent());
      assertThat(of(i).find(first.name()).orElseThrow().payload()).isEqualTo(first.payload());
      assertThat(of(i).publish(small("shared/name", i))).isFalse();
    }
    assertThat(of(2).withdraw(first.name(), first.id())).isTrue();
    for (int i = 0; i < 3; i++) {
      int number = i;
      until("all see its end", () -> of(number).find(first.name()).isEmpty());
    }
    for (int round = 0; round < 20; round++) {
      assertThat(winners("race/" + round)).isEqualTo(1);
    }
  }

  private static int winners(String name) throws Exception {
    List<Future<Boolean>> outcomes = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 3; i++) {
        int number = i;
        outcomes.add(threads.submit(() -> of(number).publish(small(name, number))));
      }
    }
    int won = 0;
    for (Future<Boolean> outcome : outcomes) {
      won += outcome.get() ? 1 : 0;
    }
    return won;
  }

  @Test
  void anObjectWhoseHolderIsGoneIsMissedByNameAndOneThatNobodyHoldsIsLost() throws Exception {
    String self = members.get(0).member.id();
    ObjectRecord held = record(ObjectName.of("held"), 1 << 20, 1, self);
    assertThat(of(0).publish(held)).isTrue();
    until("others see it", () -> of(2).find(held.name()).isPresent());
    assertThat(of(2).find(held.name()).orElseThrow().info().holders()).containsExactly(self);
    of(0).drop(held.name(), held.id());
    until("it is lost", () -> lost(2).contains(held.name()));
    assertThat(of(2).find(held.name())).isEmpty();
    assertThat(of(2).missing(held.name()).orElseThrow()).contains("default:held", "lost", "n0");
    of(1).hold(held.name(), held.id());
    until("it is back", () -> of(2).find(held.name()).isPresent());
    until("the first has heard of it", () -> of(0).find(held.name()).isPresent());
    of(1).drop(held.name(), held.id());
    until("it is lost again", () -> lost(0).contains(held.name()));
    assertThat(of(0).publish(small("held", 0))).as("a lost name may be put again").isTrue();
    assertThat(lost(0)).doesNotContain(held.name());
  }

  @Test
  void manySmallObjectsArePublishedOneAfterTheOther() throws Exception {
    // With a figure for the log, which decides nothing.
    Ticker ticker = Ticker.system();
    long[] nanos = new long[500];
    for (int i = 0; i < nanos.length; i++) {
      ObjectRecord record = small("timed/" + i, 0);
      long begun = ticker.nanos();
      assertThat(of(0).publish(record)).isTrue();
      nanos[i] = ticker.nanos() - begun;
    }
    Arrays.sort(nanos);
    System.out.printf(
        "publish of 1 KiB, three members: p50 %d us, p99 %d us%n",
        nanos[250] / 1000, nanos[495] / 1000);
  }

  @Test
  void whoIsInNoGridPublishesNothing() throws Exception {
    TestMembers alone = new TestMembers(directory.resolve("alone"), 1);
    GridObjectCatalog catalog = alone.get(0).objects.catalog();
    ObjectRecord kept = record(ObjectName.of("kept"), new byte[10], alone.get(0).member.id());
    assertThat(catalog.publish(kept)).isTrue();
    alone.get(0).member.close();
    assertThat(catalog.find(kept.name())).as("reads go on").isPresent();
    assertThatThrownBy(() -> catalog.publish(small("other", 0)))
        .isInstanceOfSatisfying(
            StorageException.class,
            failure -> assertThat(failure.kind()).isEqualTo(StorageException.Kind.UNAVAILABLE));
    alone.close();
  }
}
