package io.gridset.core.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FileVersionTest {
  /// Caches on disk outlive programs, so the digits must never change.
  @Test
  void theDigitsAreThoseOfTheDocumentedHashHoweverManyAskAtOnce() throws Exception {
    byte[] text = "3:uid1:m6:dir/ü2:v1".getBytes(StandardCharsets.UTF_8);
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(text);
    String expected = HexFormat.of().formatHex(hash, 0, 16);
    assertThat(IntStream.range(0, 10_000).parallel().mapToObj(_ -> id("dir/ü")).distinct())
        .containsExactly(expected);
    assertThat(id("dir/u")).isNotEqualTo(expected);
  }

  private static String id(String path) {
    return FileVersion.of("uid", "m", path, "v1").id();
  }
}
