package io.gridset.server.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.KnownEntry;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StoreEntry;
import io.gridset.core.unit.TestingSeed;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class DatasetTreeTest {
  private final TestingTicker ticker = new TestingTicker();
  private final FaultyUnderStore store = new FaultyUnderStore();

  private DatasetTree tree(MetadataPolicy policy) {
    return new DatasetTree("uid", List.of(new MountedStore("m", "", store)), policy, ticker);
  }

  private static byte[] bytes(int length) {
    return new byte[length];
  }

  private static void until(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  @Test
  void theTreeShowsWhatTheStoresHoldWhateverChanges() throws Exception {
    long seed = TestingSeed.of(DatasetTreeTest.class);
    Random random = new Random(seed);
    MemoryUnderStore nested = new MemoryUnderStore();
    MemoryUnderStore far = new MemoryUnderStore();
    Map<String, MemoryUnderStore> mounts = Map.of("", store, "a/b", nested, "x/y/z", far);
    List<MountedStore> mounted = new ArrayList<>();
    mounts.forEach((path, mount) -> mounted.add(new MountedStore("m" + path, path, mount)));
    DatasetTree tree = new DatasetTree("uid", mounted, MetadataPolicy.DEFAULT, ticker);
    Set<String> told = ConcurrentHashMap.newKeySet();
    tree.watch((path, _) -> told.add(path));
    Map<String, FileEntry> before = Map.of();
    for (int round = 0; round < 60; round++) {
      told.clear(); // Before the changes: the count in the background may see them at once.
      for (MemoryUnderStore mount : mounts.values()) {
        change(mount, random);
      }
      if (random.nextBoolean()) {
        ticker.advance(Duration.ofSeconds(61));
      } else {
        tree.sync("");
      }
      Map<String, FileEntry> seen = new TreeMap<>();
      collect(tree, "", seen);
      Map<String, Integer> expected = expected(mounts);
      Map<String, Integer> sizes = new TreeMap<>();
      seen.forEach((path, entry) -> sizes.put(path, (int) entry.sizeBytes()));
      assertThat(sizes).as("seed %d round %d", seed, round).isEqualTo(expected);
      for (FileEntry entry : seen.values()) {
        assertThat(tree.find(entry.path())).contains(entry);
      }
      Set<String> changed = new TreeSet<>();
      Set<String> unchanged = new TreeSet<>();
      for (Map.Entry<String, FileEntry> old : before.entrySet()) {
        boolean same = old.getValue().equals(seen.get(old.getKey()));
        (same ? unchanged : changed).add(old.getKey());
      }
      if (round > 0) {
        assertThat(told).as("seed %d round %d", seed, round).containsAll(changed);
        assertThat(told)
            .as("seed %d round %d: unchanged files are not told", seed, round)
            .noneMatch(path -> unchanged.contains(path));
      }
      before = seen;
      assertThat(tree.find("no/such/file")).isEmpty();
    }
  }

  private void collect(DatasetTree tree, String directory, Map<String, FileEntry> into)
      throws StorageException {
    List<FileEntry> entries = tree.list(directory);
    List<String> names = entries.stream().map(FileEntry::name).toList();
    assertThat(names).isSorted().doesNotHaveDuplicates();
    for (FileEntry entry : entries) {
      if (entry.isDirectory()) {
        collect(tree, entry.path(), into);
      } else {
        into.put(entry.path(), entry);
      }
    }
  }

  private static void change(MemoryUnderStore mount, Random random) {
    String[] names = {"a", "b", "c", "x", "y", "z", "a-", "a.b"};
    for (int i = 0; i < 4; i++) {
      StringBuilder path = new StringBuilder(names[random.nextInt(names.length)]);
      for (int depth = random.nextInt(3); depth > 0; depth--) {
        path.append('/').append(names[random.nextInt(names.length)]);
      }
      List<String> present = mount.paths();
      boolean clashes =
          present.stream()
              .anyMatch(p -> p.startsWith(path + "/") || path.toString().startsWith(p + "/"));
      if (random.nextInt(3) > 0 && !clashes) {
        mount.put(path.toString(), bytes(random.nextInt(100)));
      } else if (!present.isEmpty()) {
        mount.delete(present.get(random.nextInt(present.size())));
      }
    }
  }

  private static Map<String, Integer> expected(Map<String, MemoryUnderStore> mounts) {
    Map<String, Integer> files = new TreeMap<>();
    for (Map.Entry<String, MemoryUnderStore> mount : mounts.entrySet()) {
      for (String path : mount.getValue().paths()) {
        String shown = mount.getKey().isEmpty() ? path : mount.getKey() + "/" + path;
        boolean hidden =
            mount.getKey().isEmpty()
                && mounts.keySet().stream()
                    .filter(other -> !other.isEmpty())
                    .anyMatch(
                        other ->
                            shown.equals(other)
                                || shown.startsWith(other + "/")
                                || other.startsWith(shown + "/"));
        if (!hidden) {
          files.put(shown, mount.getValue().bytes(path).length);
        }
      }
    }
    return files;
  }

  @Test
  void aListingIsBelievedForItsTimeToLiveAndThenAskedAgain() throws Exception {
    store.put("f", bytes(1));
    DatasetTree tree = tree(MetadataPolicy.DEFAULT);
    assertThat(tree.find("f")).isPresent();
    store.put("f", bytes(2));
    ticker.advance(Duration.ofSeconds(59));
    assertThat(tree.find("f").orElseThrow().sizeBytes()).isEqualTo(1);
    assertThat(store.lists).hasValue(1);
    ticker.advance(Duration.ofSeconds(1));
    assertThat(tree.find("f").orElseThrow().sizeBytes()).isEqualTo(2);
    assertThat(store.lists).hasValue(2);
  }

  @Test
  void whatWasListedIsKnownHoweverOldAndNobodyIsAsked() throws Exception {
    store.put("d/f", bytes(1));
    store.put("e/g", bytes(1));
    DatasetTree tree = tree(MetadataPolicy.DEFAULT);
    assertThat(tree.find("d/f")).isPresent();
    ticker.advance(Duration.ofDays(1));
    long asked = store.lists.get();
    List<String> known = new ArrayList<>();
    KnownFiles.visit(tree, file -> known.add(file.entry().path()));
    assertThat(known).containsExactly("d/f");
    assertThat(store.lists).hasValue(asked);
  }

  @Test
  void anImmutableTreeAsksAgainOnlyWhenSynced() throws Exception {
    store.put("d/f", bytes(1));
    DatasetTree tree = tree(MetadataPolicy.IMMUTABLE);
    assertThat(tree.find("d/f")).isPresent();
    store.put("d/f", bytes(2));
    ticker.advance(Duration.ofDays(1000));
    assertThat(tree.find("d/f").orElseThrow().sizeBytes()).isEqualTo(1);
    tree.sync("d/f");
    assertThat(tree.find("d/f").orElseThrow().sizeBytes()).isEqualTo(2);
  }

  @Test
  void manyWhoAskAtOnceShareOneListing() throws Exception {
    store.put("f", bytes(1));
    store.hold();
    DatasetTree tree = tree(MetadataPolicy.DEFAULT);
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<Boolean>> asked = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        asked.add(
            CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return tree.find("f").isPresent();
                  } catch (StorageException e) {
                    throw new AssertionError(e);
                  }
                },
                executor));
      }
      store.release();
      for (CompletableFuture<Boolean> answer : asked) {
        assertThat(answer.get(30, TimeUnit.SECONDS)).isTrue();
      }
    }
    assertThat(store.lists).hasValue(1);
  }

  @Test
  void anOldListingServesWhileTheOriginIsDownButNotForever() throws Exception {
    store.put("f", bytes(1));
    DatasetTree tree = tree(MetadataPolicy.DEFAULT);
    assertThat(tree.find("f")).isPresent();
    store.down = true;
    ticker.advance(Duration.ofMinutes(5));
    assertThat(tree.find("f")).isPresent();
    assertThat(tree.find("f")).isPresent();
    assertThat(tree.staleListingsServed()).as("the second look did not ask again").isEqualTo(1);
    ticker.advance(Duration.ofHours(1));
    assertThatThrownBy(() -> tree.find("f")).isInstanceOf(StorageException.class);
    store.down = false;
    store.put("f", bytes(7));
    assertThat(tree.find("f").orElseThrow().sizeBytes()).isEqualTo(7);
  }

  @Test
  void anOriginThatFallsSilentHoldsUpNobodyWhoHasAnOlderListing() throws Exception {
    store.put("f", bytes(1));
    DatasetTree tree = tree(MetadataPolicy.DEFAULT);
    assertThat(tree.find("f")).isPresent();
    store.put("f", bytes(7));
    store.hold();
    ticker.advance(Duration.ofSeconds(61));
    // Would end with the store's own deadline only, which this store does not have.
    assertThat(tree.find("f").orElseThrow().sizeBytes()).isEqualTo(1);
    assertThat(tree.staleListingsServed()).isEqualTo(1);
    store.release();
    ticker.advance(Duration.ofSeconds(61));
    assertThat(tree.find("f").orElseThrow().sizeBytes()).isEqualTo(7);
  }

  @Test
  void aMissingDirectoryCostsNoRequestBelowItsParent() throws Exception {
    store.put("f", bytes(1));
    DatasetTree tree = tree(MetadataPolicy.DEFAULT);
    assertThat(tree.find("no/such/path")).isEmpty();
    assertThat(tree.find("f/below/a/file")).isEmpty();
    assertThat(store.lists).hasValue(1);
    assertThatThrownBy(() -> tree.list("no"))
        .isInstanceOfSatisfying(
            StorageException.class,
            e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.NOT_FOUND));
  }

  @Test
  void identitiesThatAListingDoesNotTellAreAskedForWhenLookedAt() throws Exception {
    for (int i = 0; i < 100; i++) {
      store.put("f" + i, bytes(i));
    }
    store.listsIdentities = false;
    DatasetTree tree = tree(MetadataPolicy.DEFAULT);
    assertThat(tree.find("f7").orElseThrow().sizeBytes()).isEqualTo(7);
    assertThat(tree.find("f7")).isPresent();
    assertThat(store.heads).hasValue(1);
    store.delete("f9");
    assertThat(tree.list("")).hasSize(99);
    assertThat(store.heads).hasValue(100);
    List<String> told = new ArrayList<>();
    tree.watch((path, _) -> told.add(path));
    store.put("f7", bytes(77));
    tree.sync("");
    assertThat(tree.find("f7").orElseThrow().sizeBytes()).isEqualTo(77);
    assertThat(tree.find("f8")).isPresent();
    assertThat(told).as("f9 went with the listing").containsExactlyInAnyOrder("f7", "f9");
  }

  @Test
  void whatIsKnownIsToldWithoutTheOriginAndOnlyWhileItIsFresh() throws Exception {
    store.put("d/f", bytes(3));
    MetadataPolicy policy = MetadataPolicy.DEFAULT;
    try (DatasetTree tree = tree(policy)) {
      assertThat(tree.findKnown("d/f")).isEqualTo(new KnownEntry.Unknown());
      FileEntry file = tree.find("d/f").orElseThrow();
      FileEntry directory = tree.find("d").orElseThrow();
      store.hold();
      assertThat(tree.findKnown("d/f")).isEqualTo(new KnownEntry.Present(file));
      assertThat(tree.findKnown("d")).isEqualTo(new KnownEntry.Present(directory));
      assertThat(tree.findKnown("d/none")).isEqualTo(new KnownEntry.Absent());
      assertThat(tree.findKnown("none/f")).isEqualTo(new KnownEntry.Unknown());
      ticker.advance(policy.timeToLive());
      assertThat(tree.findKnown("d/f")).isEqualTo(new KnownEntry.Unknown());
      store.release();
      assertThat(tree.find("d/f")).contains(file);
      assertThat(tree.findKnown("d/f")).isEqualTo(new KnownEntry.Present(file));
      store.hold(); // The count in the background would list it at once.
      tree.sync("");
      assertThat(tree.findKnown("d/f")).isEqualTo(new KnownEntry.Unknown());
      store.release();
    }
  }

  @Test
  void aFileThatWasOnlyNamedIsUnknownUntilTheOriginWasAskedAboutIt() throws Exception {
    store.put("f", bytes(3));
    store.listsIdentities = false;
    try (DatasetTree tree = tree(MetadataPolicy.DEFAULT)) {
      assertThat(tree.directory("").count()).isEqualTo(1);
      assertThat(tree.findKnown("f")).isEqualTo(new KnownEntry.Unknown());
      FileEntry file = tree.find("f").orElseThrow();
      assertThat(tree.findKnown("f")).isEqualTo(new KnownEntry.Present(file));
    }
  }

  @Test
  void namesThatNoKernelCanShowAreSkippedAndCounted() {
    ListingBuilder builder = new ListingBuilder(List.of());
    ObjectIdentity identity = new ObjectIdentity(1, Instant.EPOCH, null);
    for (String name : List.of(".", "..", "a\0b", "x/y", "n".repeat(256), "é".repeat(128))) {
      builder.add(new StoreEntry.ObjectFile(name, identity));
    }
    builder.add(new StoreEntry.ObjectFile("n".repeat(255), identity));
    builder.add(new StoreEntry.ObjectFile("both", identity));
    builder.add(new StoreEntry.Directory("both"));
    Listing listing = builder.build();
    assertThat(listing.count()).isEqualTo(2);
    assertThat(listing.skipped()).isEqualTo(7);
    assertThat(listing.isDirectory(listing.indexOf("both"))).isTrue();
  }

  @Test
  void identitiesComeBackExactlyAsTheyWereListed() {
    List<ObjectIdentity> identities =
        List.of(
            new ObjectIdentity(0, null, null),
            new ObjectIdentity(1L << 45, Instant.parse("2024-02-29T12:00:00.123456789Z"), null),
            new ObjectIdentity(5, Instant.parse("1969-12-31T23:59:59.5Z"), "W/\"weak\""),
            new ObjectIdentity(6, null, "\"d41d8cd98f00b204e9800998ecf8427e-12\""));
    ListingBuilder builder = new ListingBuilder(List.of());
    for (int i = identities.size() - 1; i >= 0; i--) {
      builder.add(new StoreEntry.ObjectFile("file" + i, identities.get(i)));
    }
    Listing listing = builder.build();
    for (int i = 0; i < identities.size(); i++) {
      assertThat(listing.identity(listing.indexOf("file" + i))).isEqualTo(identities.get(i));
    }
  }

  @Test
  void totalsAreCountedInTheBackgroundAndFollowLaterListings() throws Exception {
    for (int i = 0; i < 200; i++) {
      store.put("d" + i % 7 + "/e" + i % 3 + "/f" + i, bytes(i));
    }
    DatasetTree tree = tree(MetadataPolicy.DEFAULT);
    until(() -> tree.totalBytes().isPresent());
    assertThat(tree.totalBytes()).hasValue(199 * 200 / 2);
    assertThat(tree.totalFiles()).hasValue(200);
    store.put("d0/e0/f0", bytes(1000));
    tree.sync("");
    until(() -> tree.totalBytes().orElse(0) == 199 * 200 / 2 + 1000);
    for (String path : store.paths()) {
      if (path.startsWith("d1/")) {
        store.delete(path);
      }
    }
    tree.sync("");
    until(() -> tree.totalFiles().orElse(0) < 200);
    assertThat(tree.find("d1")).isEmpty();
  }

  @Test
  void inodesAreStableAndVersionsFollowTheIdentity() throws Exception {
    store.put("f", bytes(1));
    DatasetTree tree = tree(MetadataPolicy.ALWAYS);
    FileEntry first = tree.find("f").orElseThrow();
    store.put("f", bytes(1));
    FileEntry second = tree.find("f").orElseThrow();
    assertThat(second.inode()).isEqualTo(first.inode()).isNotIn(0L, 1L);
    assertThat(second.version()).isNotEqualTo(first.version());
    assertThat(tree.find("").orElseThrow().inode()).isEqualTo(1);
  }

  @Test
  void aMillionFilesFitComfortably() {
    long before = usedHeap();
    List<Listing> listings = new ArrayList<>();
    int files = 1_000_000;
    int perDirectory = 1_000;
    for (int directory = 0; directory < files / perDirectory; directory++) {
      ListingBuilder builder = new ListingBuilder(List.of());
      for (int i = 0; i < perDirectory; i++) {
        String name = "image-%08d.jpeg".formatted(directory * perDirectory + i);
        String etag = "\"%032x\"".formatted(name.hashCode());
        builder.add(
            new StoreEntry.ObjectFile(
                name, new ObjectIdentity(i, Instant.ofEpochSecond(1_700_000_000L + i), etag)));
      }
      listings.add(builder.build());
    }
    long perEntry = (usedHeap() - before) / files;
    System.out.println("tree: " + perEntry + " bytes of heap per file, 1,000,000 files");
    assertThat(perEntry).isBetween(40L, 150L);
    assertThat(listings.get(999).indexOf("image-00999999.jpeg")).isEqualTo(999);
    assertThat("image-00999999.jpeg".getBytes(StandardCharsets.UTF_8)).hasSize(19);
  }

  private static long usedHeap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
