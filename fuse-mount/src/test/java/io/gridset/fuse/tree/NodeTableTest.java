package io.gridset.fuse.tree;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.block.FileVersion;
import io.gridset.core.file.FileEntry;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/// The node table against a model of what the kernel holds.
final class NodeTableTest {
  private final NodeTable table = new NodeTable(new FileEntry("", 0, Instant.EPOCH, 1, null));

  @Test
  void aVersionKeepsItsNodeUntilTheKernelForgetsEveryLookup() {
    long id = table.look(file("a", 1)).id();
    assertThat(table.look(file("a", 1)).id()).isEqualTo(id);
    assertThat(table.forget(id, 1)).isFalse();
    assertThat(table.find(id)).isPresent();
    assertThat(table.forget(id, 1)).isTrue();
    assertThat(table.find(id)).isEmpty();
    assertThat(table.look(file("a", 1)).id()).isNotEqualTo(id);
  }

  @Test
  void anotherVersionOrARetiredNodeGetsANewIdWhileTheOldOneLives() {
    Node first = table.look(file("a", 1));
    Node second = table.look(file("a", 2));
    assertThat(second.id()).isNotEqualTo(first.id());
    assertThat(table.isRetired(first)).isTrue();
    table.retire(second);
    Node third = table.look(file("a", 2));
    assertThat(List.of(first.id(), second.id())).doesNotContain(third.id());
    assertThat(table.find(first.id())).contains(first);
    table.forget(second.id(), 1);
    assertThat(table.at("a")).contains(third);
  }

  @Test
  void theRootIsNeverForgotten() {
    table.forget(NodeTable.ROOT, Long.MAX_VALUE);
    assertThat(table.find(NodeTable.ROOT)).isPresent();
  }

  @Test
  void anySequenceOfLookupsAndForgetsMatchesTheModel() {
    long seed = Long.getLong("seed", 7_331);
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Map<Long, Integer> lookups = new HashMap<>();
    Map<Long, FileEntry> standing = new HashMap<>();
    for (int step = 0; step < 50_000; step++) {
      FileEntry entry = file("f" + random.nextInt(20), random.nextInt(3));
      switch (random.nextInt(4)) {
        case 0, 1 -> {
          Node node = table.look(entry);
          assertThat(node.standsFor(entry)).isTrue();
          FileEntry known = standing.putIfAbsent(node.id(), entry);
          assertThat(known == null || known.equals(entry)).isTrue();
          lookups.merge(node.id(), 1, Integer::sum);
        }
        case 2 -> table.at(entry.path()).ifPresent(table::retire);
        default -> {
          if (!lookups.isEmpty()) {
            List<Long> ids = List.copyOf(lookups.keySet());
            long id = ids.get(random.nextInt(ids.size()));
            int count = 1 + random.nextInt(lookups.get(id));
            boolean gone = lookups.merge(id, -count, Integer::sum) == 0;
            assertThat(table.forget(id, count)).isEqualTo(gone);
            if (gone) {
              lookups.remove(id);
            }
          }
        }
      }
      assertThat(table.size()).isEqualTo(lookups.size() + 1);
    }
    assertThat(lookups.keySet()).allSatisfy(id -> assertThat(table.find(id)).isPresent());
  }

  @Test
  void lookupsThatRaceWithForgetsNeverHandOutAForgottenNode() throws Exception {
    AtomicBoolean failed = new AtomicBoolean();
    Runnable kernel =
        () -> {
          for (int i = 0; i < 50_000; i++) {
            Node node = table.look(file("a", 1));
            failed.compareAndSet(false, table.find(node.id()).isEmpty());
            table.forget(node.id(), 1);
          }
        };
    List<Thread> threads = List.of(new Thread(kernel), new Thread(kernel), new Thread(kernel));
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failed).isFalse();
    assertThat(table.size()).isEqualTo(1);
  }

  private static FileEntry file(String path, int version) {
    FileVersion identity = FileVersion.of("uid", "mount", path, Integer.toString(version));
    return new FileEntry(path, version, Instant.EPOCH, path.hashCode(), identity);
  }
}
