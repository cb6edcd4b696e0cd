package io.gridset.arrow.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class OnesTest {
  @Test
  void whoWritesChangesNobodyElsesBits() {
    try (Region one = Ones.map(10_000);
        Region other = Ones.map(100_000)) {
      one.write(5_000, ByteBuffer.wrap(new byte[] {0, 0, 0}));
      try (Region later = Ones.map(10_000);
          Region longer = Ones.map(3 << 20);
          Region notKept = Ones.map((32 << 20) + 1)) {
        for (Region region : new Region[] {other, later, longer, notKept}) {
          byte[] bytes = region.read(0, (int) region.bytes());
          for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] != -1) {
              assertThat(bytes[i]).as("byte " + i + " of " + bytes.length).isEqualTo((byte) -1);
            }
          }
        }
      }
      assertThat(one.read(4_999, 5)).containsExactly(-1, 0, 0, 0, -1);
    }
  }
}
