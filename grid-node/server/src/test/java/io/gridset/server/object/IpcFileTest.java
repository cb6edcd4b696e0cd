package io.gridset.server.object;

import static io.gridset.core.object.ObjectStoreContract.assertKind;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.object.TestingIpc;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Files of pyarrow 26 and Polars 2 are known; bytes that were tampered with do no harm.
class IpcFileTest {
  private static final long[] EXTREMES = {
    0, 1, -1, 7, 8, 127, 255, 65535, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, 1L << 40
  };

  private static byte[] resource(String name) throws Exception {
    try (InputStream stream = IpcFileTest.class.getResourceAsStream(name)) {
      return stream.readAllBytes();
    }
  }

  private static IpcFile check(byte[] bytes) throws StorageException {
    return IpcFile.check(IpcBytes.of(ByteBuffer.wrap(bytes)));
  }

  @Test
  void everyTypeThatPyarrowWritesIsKnown() throws Exception {
    IpcFile file = check(resource("pyarrow-all-types.arrow"));
    assertThat(file.rows()).isEqualTo(7);
    assertThat(file.batches()).isEqualTo(2);
    assertThat(file.schema().lines())
        .hasSize(42)
        .contains(
            "int8: int8",
            "halffloat: halffloat",
            "d128: decimal128(20, 3)",
            "ts: timestamp[us, tz=Europe/Berlin]",
            "fsl: fixed_size_list<item: float>[3]",
            "map: map<entries: struct<key: string, value: int32>>",
            "dictu: dictionary<values=string, indices=uint8>",
            "ldict: list<item: dictionary<values=string, indices=int32>>",
            "du: dense_union<i: int32, s: string>",
            "ree: run_end_encoded<run_ends: int32, values: string>",
            "na\\nme: int64");
  }

  @Test
  void whatPolarsWritesIsKnown() throws Exception {
    IpcFile file = check(resource("polars-types.arrow"));
    assertThat(file.rows()).isEqualTo(3);
    assertThat(file.schema())
        .contains("b: string_view", "c: dictionary<values=string_view, indices=uint32>");
  }

  @Test
  void compressedBodiesAreRefusedWithTheRemedy() throws Exception {
    byte[] compressed = resource("compressed.arrow");
    assertKind(Kind.INVALID, () -> check(compressed), "compressed", "without compression");
  }

  @Test
  void aFileThatWasCutAnywhereIsRefused() throws Exception {
    byte[] whole = TestingIpc.numbers(1, 50, 3);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertKind(Kind.INVALID, () -> check(cut));
    }
  }

  /// A batch that says more rows than its buffers have would make readers look beyond them.
  @Test
  void rowsWithoutBytesAreRefused() throws Exception {
    byte[] file = TestingIpc.numbers(1, 1000);
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int changed = 0;
    for (int at = 0; at + 8 <= file.length; at += 8) {
      if (bytes.getLong(at) == 1000) {
        bytes.putLong(at, 1001);
        changed++;
      }
    }
    assertThat(changed).as("the batch's length and its column's").isEqualTo(2);
    assertKind(Kind.INVALID, () -> check(file), "8000 bytes for 8008");
  }

  /// The limit is for bytes that make the check run in circles.
  @Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  @ParameterizedTest
  @ValueSource(strings = {"pyarrow-all-types.arrow", "polars-types.arrow"})
  void tamperedBytesAreRefusedOrHarmless(String name) throws Exception {
    byte[] whole = resource(name);
    long seed = 20260719;
    SplittableRandom random = new SplittableRandom(seed);
    int refused = 0;
    for (int round = 0; round < 10_000; round++) {
      byte[] tampered = whole.clone();
      ByteBuffer bytes = ByteBuffer.wrap(tampered).order(ByteOrder.LITTLE_ENDIAN);
      for (int change = random.nextInt(1, 4); change > 0; change--) {
        int at = random.nextInt(8, tampered.length - 16);
        long value = EXTREMES[random.nextInt(EXTREMES.length)];
        switch (random.nextInt(4)) {
          case 0 -> bytes.put(at, (byte) random.nextInt());
          case 1 -> bytes.putInt(at & ~3, (int) value);
          case 2 -> bytes.putLong(at & ~7, value);
          default -> bytes.putInt(at & ~3, random.nextInt(-64, 4096));
        }
      }
      try {
        check(tampered);
      } catch (StorageException e) {
        assertThat(e.kind()).as("seed %s round %s", seed, round).isEqualTo(Kind.INVALID);
        refused++;
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
        throw new AssertionError("seed " + seed + " round " + round, e);
      }
    }
    assertThat(refused).isBetween(1000, 9_999);
  }
}
