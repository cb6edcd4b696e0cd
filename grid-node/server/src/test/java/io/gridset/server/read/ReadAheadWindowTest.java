package io.gridset.server.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.server.read.ReadAheadWindow.Ahead;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadAheadWindowTest {
  private static final int BLOCK = 1 << 20;
  private final BlockLayout layout = new BlockLayout(200L * BLOCK + 5, BLOCK);

  private ReadAheadWindow afterFirstRead() {
    return new ReadAheadWindow(layout, BLOCK / 4);
  }

  @Test
  void theWindowStartsSmallAndIsRefilledAsTheReaderMoves() {
    ReadAheadWindow window = afterFirstRead();
    assertThat(window.advance(BLOCK / 2, false)).isEqualTo(new Ahead(1, 3));
    assertThat(window.advance(BLOCK, false).isEmpty()).isTrue();
    assertThat(window.advance(BLOCK + 1, false)).isEqualTo(new Ahead(3, 4));
    assertThat(window.blocks()).isEqualTo(2);
  }

  @Test
  void itDoublesWhenTheReaderStallsOncePerBlockUpToItsLimit() {
    ReadAheadWindow window = afterFirstRead();
    window.advance(BLOCK / 2, true);
    assertThat(window.blocks()).as("the first stall proves nothing").isEqualTo(2);
    window.advance(BLOCK + 1, true);
    window.advance(BLOCK + 2, true);
    assertThat(window.blocks()).isEqualTo(4);
    for (int block = 2; block < 10; block++) {
      window.advance((long) block * BLOCK + 1, true);
    }
    assertThat(window.blocks()).isEqualTo(ReadAheadWindow.MAX_BLOCKS);
  }

  @Test
  void aRefusalHalvesItAndTheBlockIsAskedForAgain() {
    ReadAheadWindow window = afterFirstRead();
    window.advance(BLOCK / 2, false);
    window.advance(BLOCK + 1, true);
    window.refused(3);
    assertThat(window.blocks()).isEqualTo(2);
    assertThat(window.advance(BLOCK + 2, false)).isEqualTo(new Ahead(3, 4));
  }

  @Test
  void itEndsWithTheFile() {
    ReadAheadWindow window = new ReadAheadWindow(layout, 198L * BLOCK);
    assertThat(window.advance(199L * BLOCK, false)).isEqualTo(new Ahead(199, 201));
    assertThat(window.advance(layout.fileBytes(), false).isEmpty()).isTrue();
  }

  @Test
  void aSeekWithinTheWindowKeepsItAndAFarOneDoesNot() {
    ReadAheadWindow window = afterFirstRead();
    window.advance(BLOCK, false);
    assertThat(window.continues(2L * BLOCK)).isTrue();
    assertThat(window.continues(BLOCK - BLOCK / 8)).as("a little out of order").isTrue();
    assertThat(window.continues(50L * BLOCK)).isFalse();
    assertThat(window.continues(0)).isFalse();
  }

  @Test
  void twoReadersOfOneFileHaveAWindowEach() {
    ReadStreams streams = new ReadStreams(layout);
    for (int i = 0; i < 8; i++) {
      long first = (long) i * BLOCK / 2;
      long second = 100L * BLOCK + first;
      ReadStreams.Plan one = streams.onRead(first, first + BLOCK / 2, true);
      ReadStreams.Plan two = streams.onRead(second, second + BLOCK / 2, true);
      assertThat(one.window() == null).isEqualTo(i == 0);
      assertThat(two.window() == null).isEqualTo(i == 0);
    }
    assertThat(streams.scatteredReads()).isEqualTo(1);
  }

  @Test
  void theHomeOfABlockIsTheFirstInRankAndAMemberAloneIsHomeToAll() {
    MemberView two = MemberView.of(List.of(new Member("a", 1), new Member("b", 1)));
    Homes here = new Homes("a", () -> two);
    Homes alone = new Homes("a", () -> MemberView.of(List.of()));
    int mine = 0;
    for (int i = 0; i < 1000; i++) {
      var key =
          new io.gridset.core.block.BlockKey(
              io.gridset.core.block.FileVersion.of("u", "m", "p", "v"), i);
      mine += here.isHere(key) ? 1 : 0;
      assertThat(alone.isHere(key)).isTrue();
    }
    assertThat(mine).isBetween(400, 600);
  }
}
