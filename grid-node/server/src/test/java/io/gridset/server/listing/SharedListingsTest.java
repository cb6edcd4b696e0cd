package io.gridset.server.listing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.client.trust.ReaderClaims;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.dataset.SharedDirectory;
import io.gridset.core.file.FileEntry;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.StoreEntry;
import io.gridset.server.peer.PeerCaller;
import io.gridset.server.tree.DatasetTree;
import io.gridset.server.tree.DirectoryKey;
import io.gridset.server.tree.FaultyUnderStore;
import io.gridset.server.tree.MemoryUnderStore;
import io.gridset.server.tree.TestingTicker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedListingsTest {
  private static final ReaderClaims STRANGER =
      ReaderClaims.toRead(List.of("other/dataset"), Instant.parse("2100-01-01T00:00:00Z"));

  private final FaultyUnderStore store = new FaultyUnderStore();
  private final TestingTicker ticker = new TestingTicker();
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-03-01T10:00:00Z"));
  private ListingGrid grid;

  @TempDir private Path directory;

  @BeforeEach
  void threeMembers() {
    grid = grid(3);
  }

  @AfterEach
  void close() {
    store.release();
    grid.close();
  }

  private ListingGrid grid(int size) {
    return new ListingGrid(
        new ListingGrid.Parts(store, MetadataPolicy.DEFAULT, ticker, directory, now::get), size);
  }

  private void pass(Duration time) {
    ticker.advance(time);
    now.updateAndGet(instant -> instant.plus(time));
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void until(Condition condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private boolean keptBy(ListingGrid.Node node, String path) {
    return node.shelf.find(new DirectoryKey("uid", "m", path)).isPresent();
  }

  private static List<String> names(List<FileEntry> entries) {
    return entries.stream().map(FileEntry::path).toList();
  }

  @Test
  void eachDirectoryIsListedOnceForAllMembers() throws Exception {
    store.put("a/x/one", new byte[1]);
    store.put("a/y/two", new byte[2]);
    for (ListingGrid.Node node : grid.all()) {
      for (String path : List.of("", "a", "a/x", "a/y")) {
        assertThat(node.tree.list(path)).as("%s of %s", path, node.id).isNotEmpty();
      }
    }
    assertThat(store.lists).as("listings of four directories").hasValue(4);
    assertThat(grid.all().get(0).tree.file("a/x/one").orElseThrow().version())
        .isEqualTo(grid.all().get(2).tree.file("a/x/one").orElseThrow().version());
  }

  @Test
  void manyWhoAskAllMembersAtOnceShareOneListing() throws Exception {
    store.put("f", new byte[1]);
    store.hold();
    List<CompletableFuture<List<FileEntry>>> looks = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      ListingGrid.Node node = grid.all().get(i % 3);
      CompletableFuture<List<FileEntry>> look = new CompletableFuture<>();
      looks.add(look);
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  look.complete(node.tree.list(""));
                } catch (StorageException e) {
                  look.completeExceptionally(e);
                }
              });
    }
    until(() -> grid.calls.getOrDefault("list", 0) == 2);
    store.release();
    for (CompletableFuture<List<FileEntry>> look : looks) {
      assertThat(look.get(30, TimeUnit.SECONDS)).hasSize(1);
    }
    assertThat(store.lists).hasValue(1);
  }

  @Test
  void theTimeToLiveCountsFromTheOriginsAnswerNotFromTheCopy() throws Exception {
    store.put("f", new byte[1]);
    grid.home("").tree.list("");
    pass(Duration.ofSeconds(50));
    assertThat(grid.other("").tree.list("")).hasSize(1);
    store.put("g", new byte[1]);
    assertThat(grid.other("").tree.list("")).as("after 50 s").hasSize(1);
    pass(Duration.ofSeconds(11));
    assertThat(grid.other("").tree.list("")).as("after 61 s").hasSize(2);
    assertThat(store.lists).hasValue(2);
  }

  @Test
  void aSyncOnOneMemberReachesAllBeforeItReturns() throws Exception {
    store.put("a/f", new byte[1]);
    for (ListingGrid.Node node : grid.all()) {
      assertThat(node.tree.list("a")).hasSize(1);
    }
    store.put("a/g", new byte[1]);
    grid.other("a").tree.sync("a");
    for (ListingGrid.Node node : grid.all()) {
      assertThat(names(node.tree.list("a"))).as(node.id).containsExactly("a/f", "a/g");
    }
    assertThat(store.lists).as("a and the root twice").hasValue(4);
  }

  @Test
  void aHomeThatSleptThroughASyncDoesNotAnswerFromBefore() throws Exception {
    store.put("f", new byte[1]);
    grid.all().forEach(node -> assertThat(list(node)).hasSize(1));
    pass(Duration.ofSeconds(1));
    grid.dead.add(grid.home("").id);
    store.put("g", new byte[1]);
    grid.other("").tree.sync("");
    pass(Duration.ofMillis(1));
    assertThat(grid.home("").tree.list("")).as("what the home believes").hasSize(1);
    grid.dead.clear();
    assertThat(grid.other("").tree.list("")).hasSize(2);
    assertThat(grid.home("").tree.list("")).as("now the home knows, too").hasSize(2);
  }

  private static List<FileEntry> list(ListingGrid.Node node) {
    try {
      return node.tree.list("");
    } catch (StorageException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aFrozenOrDeadHomeIsPassedOver() throws Exception {
    store.put("f", new byte[1]);
    grid.freeze(grid.home("").id);
    assertThat(grid.other("").tree.list("")).hasSize(1);
    grid.thaw(grid.home("").id);
    grid.dead.addAll(grid.ranked("").subList(0, 2));
    pass(Duration.ofSeconds(61));
    store.put("g", new byte[1]);
    assertThat(grid.other("").tree.list("")).as("with nobody left").hasSize(2);
  }

  @Test
  void anAgeThatIsALieMakesNothingFresherThanTheQuestionAllows() throws Exception {
    store.put("f", new byte[1]);
    grid.home("").tree.list("");
    grid.tampering =
        (operation, bytes) -> {
          if (operation.equals("list")) {
            for (int i = 1; i <= 8; i++) {
              bytes[i] = (byte) 0xFF; // An age of -1 ns.
            }
          }
          return bytes;
        };
    assertThat(grid.other("").tree.list("")).hasSize(1);
    grid.tampering =
        (operation, bytes) -> {
          if (operation.equals("list")) {
            bytes[1] = 0x7F; // An age of centuries.
          }
          return bytes;
        };
    pass(Duration.ofSeconds(61));
    store.put("g", new byte[1]);
    assertThat(grid.other("").tree.list("")).as("listed, but believed for no moment").hasSize(2);
    grid.tampering = (_, bytes) -> bytes;
    pass(Duration.ofSeconds(61));
    store.put("h", new byte[1]);
    assertThat(grid.other("").tree.list("")).hasSize(3);
  }

  @Test
  void anAnswerThatIsNoListingCostsAListingOfOnesOwn() throws Exception {
    store.put("f", new byte[1]);
    grid.tampering =
        (_, bytes) -> {
          for (int i = 13; i < bytes.length; i++) {
            bytes[i] ^= 0x55;
          }
          return bytes;
        };
    assertThat(grid.other("").tree.list("")).hasSize(1);
  }

  @Test
  void identitiesThatNoListingTellsAreAskedForOncePerGrid() throws Exception {
    store.listsIdentities = false;
    for (int i = 0; i < 20; i++) {
      store.put("file-" + i, new byte[i]);
    }
    store.put("gone", new byte[1]);
    for (ListingGrid.Node node : grid.all()) {
      assertThat(node.tree.directory("").count()).isEqualTo(21);
    }
    store.delete("gone");
    for (ListingGrid.Node node : grid.all()) {
      assertThat(node.tree.list("")).hasSize(20);
      assertThat(node.tree.find("file-7").orElseThrow().sizeBytes()).isEqualTo(7);
    }
    assertThat(store.heads).hasValue(21);
    ListingGrid.Node late = grid.restart(grid.other("").id);
    assertThat(late.tree.list("")).hasSize(20);
    assertThat(store.heads).as("a listing brings what is known already").hasValue(21);
  }

  @Test
  void everyNameAndIdentityThatAStoreListsArrivesAsItWas() throws Exception {
    List<String> odd =
        List.of(
            " leading and trailing ",
            "tab\tand\nnewline",
            "back\\slash \"quotes\" 'single'",
            "\u00e4\u00f6\u00fc \u4f60\u597d \ud83d\ude80",
            "e\u0301 decomposed",
            "\u0001control\u007f",
            "%2F percent",
            "x".repeat(255),
            "-dash",
            "...",
            "\ufeffbyte order mark");
    for (int i = 0; i < odd.size(); i++) {
      store.put("d/" + odd.get(i), new byte[i]);
    }
    List<FileEntry> at = grid.home("d").tree.list("d");
    assertThat(names(at))
        .containsExactlyInAnyOrderElementsOf(odd.stream().map(n -> "d/" + n).toList());
    assertThat(List.copyOf(grid.other("d").tree.list("d"))).isEqualTo(List.copyOf(at));
    assertThat(store.lists).hasValue(2);
  }

  @Test
  void aHundredThousandEntriesTravel() throws Exception {
    for (int i = 0; i < 100_000; i++) {
      store.put(String.format("%08d.safetensors", i * 7), new byte[i % 3]);
    }
    List<FileEntry> at = grid.home("").tree.list("");
    List<FileEntry> copy = grid.other("").tree.list("");
    assertThat(copy).hasSize(100_000);
    for (int i = 0; i < 100_000; i += 997) {
      assertThat(copy.get(i)).isEqualTo(at.get(i));
    }
    assertThat(store.lists).hasValue(1);
  }

  @Test
  void aDirectoryThatIsNotThereIsAnAnswerAndOneThatTheOriginRefusesTwoQuestions() throws Exception {
    store.put("a/f", new byte[1]);
    assertThat(grid.other("a").tree.list("a")).hasSize(1);
    store.delete("a/f");
    store.put("b", new byte[1]);
    pass(Duration.ofSeconds(61));
    assertThatThrownBy(() -> grid.other("a").tree.list("a"))
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND));
    store.down = true;
    assertThatThrownBy(() -> grid.restart(grid.other("a").id).tree.list("b"))
        .isInstanceOf(StorageException.class);
  }

  @Test
  void twoMembersKeepWhatAThirdHeardAndShowItWhenItAndTheOriginAreGone() throws Exception {
    grid.close();
    grid = grid(5);
    store.put("f", new byte[1]);
    assertThat(grid.home("").tree.list("")).hasSize(1);
    List<ListingGrid.Node> keepers =
        grid.all().stream()
            .filter(node -> grid.ranked("").subList(0, 3).contains(node.id))
            .toList();
    until(() -> keepers.stream().allMatch(node -> keptBy(node, "")));
    grid.dead.addAll(grid.ranked("").subList(0, 2));
    store.down = true;
    pass(Duration.ofMinutes(10));
    assertThat(grid.other("").tree.list("")).hasSize(1);
    pass(Duration.ofHours(1));
    assertThatThrownBy(() -> grid.other("").tree.list("")).isInstanceOf(StorageException.class);
    store.down = false;
    store.put("g", new byte[1]);
    assertThat(grid.other("").tree.list("")).hasSize(2);
  }

  @Test
  void afterARestartWithADeadOriginTheKeptListingsAreShown() throws Exception {
    store.put("a/f", new byte[1]);
    ListingGrid.Node node = grid.all().get(0);
    node.tree.list("a");
    until(() -> keptBy(node, "") && keptBy(node, "a"));
    grid.dead.addAll(List.of("member-1", "member-2"));
    store.down = true;
    ListingGrid.Node again = grid.restart(node.id);
    assertThat(names(again.tree.list("a"))).containsExactly("a/f");
    assertThat(again.tree.staleListingsServed()).isPositive();
    store.down = false;
    store.put("a/g", new byte[1]);
    pass(Duration.ofSeconds(6));
    assertThat(again.tree.list("a")).as("the origin is back").hasSize(2);
  }

  @Test
  void aSilentOriginHoldsUpARestartForMomentsOnly() throws Exception {
    store.put("f", new byte[1]);
    ListingGrid.Node node = grid.all().get(0);
    node.tree.list("");
    until(() -> keptBy(node, ""));
    grid.dead.addAll(List.of("member-1", "member-2"));
    store.hold();
    assertThat(grid.restart(node.id).tree.list("")).hasSize(1);
  }

  @Test
  void aLivingOriginIsAskedAfterARestartWhateverIsKept() throws Exception {
    store.put("f", new byte[1]);
    ListingGrid.Node node = grid.home("");
    node.tree.list("");
    until(() -> keptBy(node, ""));
    store.put("g", new byte[1]);
    assertThat(grid.restart(node.id).tree.list("")).hasSize(2);
  }

  @Test
  void aKeptListingWithAnyByteChangedOrCutIsNotUsed() throws Exception {
    store.put("f", new byte[1]);
    ListingGrid.Node node = grid.home("");
    node.tree.list("");
    until(() -> keptBy(node, ""));
    Path file = only(directory.resolve(node.id));
    byte[] whole = Files.readAllBytes(file);
    FileTime at = Files.getLastModifiedTime(file);
    for (int i = 0; i < whole.length; i++) {
      byte[] damaged = whole.clone();
      damaged[i] ^= 0x10;
      Files.write(file, damaged);
      Files.setLastModifiedTime(file, at);
      assertThat(keptBy(node, "")).as("byte %d changed", i).isFalse();
      Files.write(file, Arrays.copyOf(whole, i));
      assertThat(keptBy(node, "")).as("cut after %d bytes", i).isFalse();
    }
  }

  private static Path only(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(Files::isRegularFile).findFirst().orElseThrow();
    }
  }

  @Test
  void nobodyHearsOfADatasetThatHeMayNotSee() throws Exception {
    store.put("secret-name", new byte[1]);
    grid.home("").tree.list("");
    grid.caller = new PeerCaller(Optional.of(STRANGER));
    for (String effort : List.of("as home", "recall")) {
      byte[] request =
          ListingMessages.encode(
              new ListingMessages.ListRequest(
                  new DirectoryKey("uid", "m", ""),
                  effort.equals("recall")
                      ? ListingMessages.Effort.RECALL
                      : ListingMessages.Effort.AS_HOME,
                  Long.MAX_VALUE));
      byte[] answer = grid.home("").operations.get("list").answer(grid.caller, request);
      assertThat(ListingMessages.listAnswer(answer))
          .as(effort)
          .isInstanceOf(ListingMessages.ListAnswer.Nothing.class);
    }
    assertThat(store.lists).hasValue(1);
  }

  @Test
  void aTokenOfAReferenceListsItsDirectoryAndTheWayThere() throws Exception {
    for (String path : List.of("a/shown/file", "a/hidden/file", "secret-name")) {
      store.put(path, new byte[1]);
    }
    grid.shared = List.of(new SharedDirectory(DatasetName.parse("other/dataset"), "a/shown"));
    grid.caller = new PeerCaller(Optional.of(STRANGER));
    DatasetTree tree = grid.other("").tree;
    assertThat(names(tree, "")).containsExactly("a");
    assertThat(names(grid.other("a").tree, "a")).containsExactly("shown");
    assertThat(names(grid.other("a/shown").tree, "a/shown")).containsExactly("file");
    byte[] request =
        ListingMessages.encode(
            new ListingMessages.ListRequest(
                new DirectoryKey("uid", "m", "a/hidden"),
                ListingMessages.Effort.AS_HOME,
                Long.MAX_VALUE));
    for (var node : grid.all()) {
      assertThat(
              ListingMessages.listAnswer(node.operations.get("list").answer(grid.caller, request)))
          .isInstanceOf(ListingMessages.ListAnswer.Nothing.class);
    }
  }

  private static List<String> names(DatasetTree tree, String directory) throws Exception {
    return tree.list(directory).stream()
        .map(entry -> entry.path().substring(entry.path().lastIndexOf('/') + 1))
        .toList();
  }

  @Test
  void aMemberCannotBringInNamesThatNoStoreMayList() throws Exception {
    MemoryUnderStore liar =
        new MemoryUnderStore() {
          @Override
          public void list(String path, Consumer<StoreEntry> sink) {
            sink.accept(new StoreEntry.Directory(".."));
            sink.accept(new StoreEntry.Directory("a/b"));
            sink.accept(new StoreEntry.Directory("fine"));
          }
        };
    ListingGrid odd =
        new ListingGrid(
            new ListingGrid.Parts(liar, MetadataPolicy.DEFAULT, ticker, directory, now::get), 2);
    assertThat(names(odd.other("").tree.list(""))).containsExactly("fine");
    assertThat(odd.other("").tree.skippedNames()).isEqualTo(2);
    odd.close();
  }
}
