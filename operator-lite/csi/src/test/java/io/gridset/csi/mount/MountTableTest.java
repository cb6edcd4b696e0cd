package io.gridset.csi.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class MountTableTest {
  private static final String LINE =
      "812 29 0:57 /a%sb /runtime%smnt/x rw,nosuid shared:7 master:2 - fuse.gridset gridset:ml/m rw";

  @Test
  void aLineIsReadWithItsEscapesAndOptionalFields() {
    MountTable.Entry entry = MountTable.entry(LINE.formatted("\\040", "\\134"));
    assertThat(entry)
        .isEqualTo(
            new MountTable.Entry(
                812, 29, "0:57", "/a b", Path.of("/runtime\\mnt/x"), "gridset:ml/m"));
  }

  @Test
  void namesInOtherAlphabetsAreBytesOfUtf8() {
    assertThat(MountTable.entry(LINE.formatted("\u00c3\u00bc", "-")).root()).isEqualTo("/a\u00fcb");
  }

  @Test
  void whatLiesOnTopIsWhatOneSees() {
    MountTable.Entry below = MountTable.entry(LINE.formatted("", "-"));
    // The kernel gives ids again that are free: a later mount may have a smaller one.
    MountTable.Entry above = MountTable.entry(LINE.formatted("", "-").replace("812 29", "57 812"));
    Path path = Path.of("/runtime-mnt/x");
    for (List<MountTable.Entry> order : List.of(List.of(below, above), List.of(above, below))) {
      MountTable table = new MountTable(order);
      assertThat(table.at(path)).containsExactly(below, above);
      assertThat(table.top(path)).contains(above);
    }
    MountTable table = new MountTable(List.of(below, above));
    assertThat(table.anyWithin(Path.of("/runtime-mnt"))).isTrue();
    assertThat(table.anyWithin(Path.of("/runtime"))).isFalse();
  }
}
