package io.gridset.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.client.DrainView;
import io.gridset.client.DrainView.Phase;
import io.gridset.client.peer.ObjectLocator;
import io.gridset.client.trust.ReaderClaims;
import io.gridset.core.block.BlockKey;
import io.gridset.core.placement.Ranking;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.TestingSeed;
import io.gridset.server.cluster.TestGrid.Fault;
import io.gridset.server.cluster.TestGrid.Node;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DrainTest {
  private static final int BLOCK = TestGrid.BLOCK;
  private static final Duration LONG = Duration.ofSeconds(30);
  private final long seed = TestingSeed.of(DrainTest.class);
  private final SplittableRandom random = new SplittableRandom(seed);
  private TestGrid grid;

  @BeforeEach
  void make() throws Exception {
    grid = new TestGrid();
  }

  @AfterEach
  void close() throws Exception {
    grid.close();
  }

  @Test
  void whatAMemberHeldIsWithItsNextHomesWhenItLeaves() throws Exception {
    threeNodes(10_000);
    grid.members("a", "b", "c");
    Node leaving = grid.nodes.get("a");
    long bytes = fillHomes(60);
    grid.members("b", "c");
    DrainView progress = leaving.drain(LONG).run();
    assertThat(progress.phase()).isEqualTo(Phase.DONE);
    assertThat(progress.totalBytes()).isEqualTo(bytes);
    assertThat(progress.handedBytes()).isEqualTo(bytes);
    assertThat(progress.noRoomBytes()).isZero();
    assertEveryBlockIsAtHome();
    int sent = leaving.sent.get();
    assertThat(leaving.drain(LONG).run().handedBytes()).isEqualTo(bytes);
    assertThat(leaving.sent.get()).as("what they have is not sent again").isEqualTo(sent);
  }

  @Test
  void whatFindsNoRoomIsToldAndPushesNoHomeBlockOut() throws Exception {
    threeNodes(10_000);
    grid.nodes.get("b").cache.close();
    grid.add("b", 40 * BLOCK);
    grid.members("a");
    Node leaving = grid.nodes.get("a");
    long bytes = fillHomes(40);
    grid.members("b");
    Node receiver = grid.nodes.get("b");
    List<ObjectLocator> own = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      ObjectLocator file = file("own" + i, BLOCK);
      receiver.fill(file, 0);
      own.add(file);
    }
    DrainView progress = leaving.drain(LONG).run();
    assertThat(progress.phase()).isEqualTo(Phase.DONE);
    assertThat(own).allMatch(file -> receiver.holds(file, 0));
    assertThat(progress.handedBytes()).isPositive();
    assertThat(progress.noRoomBytes()).isPositive();
    assertThat(progress.handedBytes() + progress.noRoomBytes()).isEqualTo(bytes);
    assertThat(receiver.cache.presentBytesOf(TestGrid.UID))
        .isEqualTo(20 * BLOCK + progress.handedBytes());
  }

  @Test
  void bytesThatChangeOnTheirWayAreNeverKept() throws Exception {
    threeNodes(10_000);
    grid.members("a", "b", "c");
    fillHomes(60);
    grid.members("b", "c");
    Node leaving = grid.nodes.get("a");
    leaving.fault = Fault.SENDS_WRONG_BYTES;
    DrainView progress = leaving.drain(LONG).run();
    assertThat(progress.handedBytes()).isPositive();
    assertThat(progress.handedBytes() + progress.noRoomBytes()).isEqualTo(progress.totalBytes());
    for (Node node : List.of(grid.nodes.get("b"), grid.nodes.get("c"))) {
      for (ObjectLocator file : grid.files) {
        for (int block = 0; block < TestGrid.layout(file).blockCount(); block++) {
          if (node.holds(file, block)) {
            assertThat(node.read(file, block)).isEqualTo(TestGrid.content(file, block));
          }
        }
      }
    }
  }

  @Test
  void theNextInRankTakesWhatADeadMemberWasToTake() throws Exception {
    threeNodes(10_000);
    grid.members("a", "b", "c");
    long bytes = fillHomes(60);
    grid.members("b", "c");
    grid.nodes.get("b").fault = Fault.REFUSES_CALLS;
    DrainView progress = grid.nodes.get("a").drain(LONG).run();
    assertThat(progress.handedBytes()).isEqualTo(bytes);
    assertThat(progress.phase()).isEqualTo(Phase.DONE);
  }

  @Test
  void aMemberThatHangsDoesNotKeepADrainFromEnding() throws Exception {
    threeNodes(10_000);
    grid.members("a", "b", "c");
    long bytes = fillHomes(60);
    grid.members("b", "c");
    grid.nodes.get("b").fault = Fault.HANGS;
    DrainView progress = grid.nodes.get("a").drain(Duration.ofSeconds(1)).run();
    assertThat(progress.phase()).isEqualTo(Phase.TIMED_OUT);
    assertThat(progress.handedBytes()).isPositive().isLessThan(bytes);
  }

  @Test
  void anOriginThatDoesNotListDoesNotKeepADrainFromEnding() throws Exception {
    threeNodes(10_000);
    grid.members("a", "b", "c");
    fillHomes(5);
    Node leaving = grid.nodes.get("a");
    leaving.listingHangs = true;
    assertThat(leaving.drain(Duration.ofMillis(200)).run().phase()).isEqualTo(Phase.TIMED_OUT);
  }

  @Test
  void withNobodyToTakeAnythingItEndsAtOnce() throws Exception {
    threeNodes(10_000);
    grid.members("a");
    long bytes = fillHomes(5);
    DrainView progress = grid.nodes.get("a").drain(LONG).run();
    assertThat(progress.phase()).isEqualTo(Phase.NOBODY_ELSE);
    assertThat(progress.totalBytes()).isEqualTo(bytes);
    assertThat(progress.handedBytes()).isZero();
  }

  @Test
  void aFileWithoutAVersionIsNotTakenInParts() throws Exception {
    threeNodes(10_000);
    grid.members("a");
    ObjectLocator file =
        new ObjectLocator(TestGrid.UID, "m", "bare", new ObjectIdentity(3 * BLOCK, null, null));
    grid.files.add(file);
    grid.nodes.get("a").fill(file, 0);
    grid.members("b", "c");
    assertThat(grid.nodes.get("a").drain(LONG).run().noRoomBytes()).isEqualTo(BLOCK);
  }

  @Test
  void anOfferIsReadBackAndRubbishIsRefused() throws Exception {
    List<Offer.Block> blocks = new ArrayList<>();
    for (int i = 0; i < Offer.MAX_BLOCKS; i++) {
      Instant modified = random.nextBoolean() ? Instant.ofEpochSecond(i, 7) : null;
      String etag = modified == null || random.nextBoolean() ? "\"é" + i + "\"" : null;
      ObjectIdentity identity = new ObjectIdentity(random.nextInt(1 << 30), modified, etag);
      blocks.add(new Offer.Block(new ObjectLocator("u", "m", "p/" + i / 3, identity), i));
    }
    Offer offer = new Offer("member", BLOCK, Duration.ofMillis(1234), blocks);
    byte[] encoded = offer.encoded();
    assertThat(Offer.decode(encoded)).isEqualTo(offer);
    for (int i = 0; i < 500; i++) {
      byte[] cut = java.util.Arrays.copyOf(encoded, random.nextInt(encoded.length));
      assertThatThrownBy(() -> Offer.decode(cut)).isInstanceOf(StorageException.class);
    }
  }

  @Test
  void aReaderNodeMayNotOfferBlocks() throws Exception {
    threeNodes(10_000);
    Offer offer = new Offer("a", BLOCK, LONG, List.of());
    var reader = new io.gridset.server.peer.PeerCaller(java.util.Optional.of(claims()));
    assertThatThrownBy(() -> grid.nodes.get("b").operation.answer(reader, offer.encoded()))
        .isInstanceOf(StorageException.class);
  }

  private static ReaderClaims claims() {
    return ReaderClaims.toRead(List.of(ReaderClaims.ALL), Instant.ofEpochSecond(1L << 40));
  }

  private void threeNodes(int blocks) throws Exception {
    for (String id : List.of("a", "b", "c")) {
      grid.add(id, (long) blocks * BLOCK);
    }
  }

  private ObjectLocator file(String name, long bytes) {
    return new ObjectLocator(
        TestGrid.UID, "m", name, new ObjectIdentity(bytes, null, "\"" + name + "\""));
  }

  /// Makes files and fills each block at its home; returns the bytes of member "a".
  private long fillHomes(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      ObjectLocator file = file("f" + i, random.nextInt(1, 12 * BLOCK));
      grid.files.add(file);
      for (int block = 0; block < TestGrid.layout(file).blockCount(); block++) {
        home(file, block).fill(file, block);
      }
    }
    return grid.nodes.get("a").cache.presentBytesOf(TestGrid.UID);
  }

  private Node home(ObjectLocator file, int block) {
    Ranking ranking = Ranking.of(grid.cluster().members());
    return grid.nodes.get(ranking.home(new BlockKey(file.version(), block)).orElseThrow().id());
  }

  private void assertEveryBlockIsAtHome() throws Exception {
    for (ObjectLocator file : grid.files) {
      for (int block = 0; block < TestGrid.layout(file).blockCount(); block++) {
        assertThat(home(file, block).holds(file, block)).as(file + "#" + block).isTrue();
        assertThat(home(file, block).read(file, block)).isEqualTo(TestGrid.content(file, block));
      }
    }
  }
}
