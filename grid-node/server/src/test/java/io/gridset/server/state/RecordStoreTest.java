package io.gridset.server.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.unit.TestingSeed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordStoreTest {
  @TempDir private Path directory;

  private static RecordStore open(Path directory) throws IOException {
    return RecordStore.open(directory, RecordExchange.alone(), key -> true);
  }

  private Path journal() {
    return directory.resolve("records.journal");
  }

  private static Map<String, String> bodies(RecordStore store) {
    Map<String, String> bodies = new HashMap<>();
    store.live().forEach(record -> bodies.put(record.key(), String.valueOf(record.body())));
    return bodies;
  }

  /// Tolerance: a crash may lose the batch being written, as a whole; nothing else, ever.
  @Test
  void aJournalCutAtAnyByteHoldsExactlyTheWholeBatchesBeforeTheCut() throws IOException {
    long seed = TestingSeed.of(RecordStoreTest.class);
    Random random = new Random(seed);
    List<Long> ends = new ArrayList<>(List.of(0L));
    List<Map<String, String>> states = new ArrayList<>(List.of(Map.of()));
    try (RecordStore store = open(directory)) {
      for (int i = 0; i < 12; i++) {
        List<RecordChange> batch = new ArrayList<>();
        for (int j = 0; j <= random.nextInt(3); j++) {
          String key = "k" + random.nextInt(5);
          String body = random.nextInt(4) == 0 ? null : "wert-ä\n" + random.nextInt(1000);
          batch.add(new RecordChange(key, "uid", body));
        }
        store.write(batch);
        ends.add(Files.size(journal()));
        states.add(bodies(store));
      }
    }
    byte[] whole = Files.readAllBytes(journal());
    int batches = 0;
    for (int cut = 0; cut <= whole.length; cut++) {
      Files.write(journal(), java.util.Arrays.copyOf(whole, cut));
      while (batches + 1 < ends.size() && ends.get(batches + 1) <= cut) {
        batches++;
      }
      try (RecordStore store = open(directory)) {
        assertThat(bodies(store)).as("seed %d, cut %d", seed, cut).isEqualTo(states.get(batches));
        assertThat(Files.size(journal())).isEqualTo(ends.get(batches));
      }
    }
  }

  @Test
  void whatIsWrittenAfterATornTailIsKept() throws IOException {
    try (RecordStore store = open(directory)) {
      store.write(List.of(new RecordChange("a", "u", "1")));
      store.write(List.of(new RecordChange("b", "u", "1")));
    }
    byte[] whole = Files.readAllBytes(journal());
    Files.write(journal(), java.util.Arrays.copyOf(whole, whole.length - 3));
    try (RecordStore store = open(directory)) {
      store.write(List.of(new RecordChange("c", "u", "1")));
    }
    try (RecordStore store = open(directory)) {
      assertThat(bodies(store)).containsOnlyKeys("a", "c");
    }
  }

  @Test
  void aDamagedLineAmidOthersCostsOnlyItself() throws IOException {
    try (RecordStore store = open(directory)) {
      store.write(List.of(new RecordChange("a", "u", "AAAA")));
      store.write(List.of(new RecordChange("b", "u", "BBBB")));
    }
    String text = Files.readString(journal()).replace("AAAA", "AAXA");
    Files.write(journal(), text.getBytes(StandardCharsets.UTF_8));
    try (RecordStore store = open(directory)) {
      assertThat(bodies(store)).containsOnlyKeys("b");
    }
  }

  @Test
  void theHighestVersionWinsInWhateverOrderRecordsArrive() throws IOException {
    StateRecord old = new StateRecord("k", 7, "u", "old");
    StateRecord gone = new StateRecord("k", 9, "u", null);
    try (RecordStore store = open(directory)) {
      store.write(List.of(new RecordChange("k", "u", "mine")));
      store.receive(gone);
      store.receive(old);
      assertThat(store.find("k")).isEmpty();
      store.write(List.of(new RecordChange("k", "u2", "again")));
      assertThat(store.find("k").orElseThrow().version()).isEqualTo(10);
    }
    StateRecord left = new StateRecord("k", 3, "u", "left");
    StateRecord right = new StateRecord("k", 3, "u", "right");
    assertThat(left.supersedes(right)).isNotEqualTo(right.supersedes(left));
  }

  @Test
  void aLongJournalIsCompactedAndKeepsTombstones() throws IOException {
    try (RecordStore store = open(directory)) {
      store.write(List.of(new RecordChange("gone", "u", "x"), new RecordChange("gone", "u", null)));
      String body = "x".repeat(100_000);
      for (int i = 0; i < 60; i++) {
        store.write(List.of(new RecordChange("k", "u", body + i)));
      }
      assertThat(Files.size(journal())).isLessThan(2_000_000);
    }
    try (RecordStore store = open(directory)) {
      assertThat(store.find("k").orElseThrow().body()).endsWith("x59");
      assertThat(store.tombstones()).extracting(StateRecord::key).containsExactly("gone");
      assertThat(store.find("k").orElseThrow().version()).isEqualTo(62);
    }
  }

  @Test
  void filesAreForTheOwnerOnlyAndOneNodeAtATime() throws IOException {
    try (RecordStore store = open(directory)) {
      store.write(List.of(new RecordChange("k", "u", "x")));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(journal())))
          .isEqualTo("rw-------");
      assertThatThrownBy(() -> open(directory))
          .isInstanceOf(IOException.class)
          .hasMessage("the state directory " + directory + " is in use by another node");
    }
  }
}
