package io.gridset.flight.ipc;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.arrow.RandomTables;
import io.gridset.arrow.Tables;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.cache.SealedFile;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is sent of a file is what stands in it, whole or cut.
class IpcTableTest {
  private final BufferAllocator allocator = new RootAllocator();

  @AfterEach
  void nothingIsLeft() {
    allocator.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void aFileIsSentAsItIs(long seed) throws IOException {
    try (VectorSchemaRoot table = new RandomTables(allocator, seed).table(200)) {
      Sent sent = send(file(table), Long.MAX_VALUE);
      assertThat(sent.batches).isEqualTo(1);
      assertThat(sent.values).isEqualTo(Tables.values(table));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void batchesAreCutByRowsWhereTheirTypesAllowIt(long seed) throws IOException {
    try (VectorSchemaRoot all = new RandomTables(allocator, seed).table(1000)) {
      List<FieldVector> kept = new ArrayList<>();
      for (FieldVector vector : all.getFieldVectors()) {
        if (canBeCut(vector.getField())) {
          kept.add(vector);
        }
      }
      VectorSchemaRoot table = new VectorSchemaRoot(kept);
      for (long bytes : new long[] {1, 5_000, 200_000}) {
        Sent sent = send(file(table), bytes);
        assertThat(sent.batches).as("batches of about %s bytes", bytes).isGreaterThan(1);
        List<List<String>> expected = Tables.values(table);
        for (int i = 0; i < expected.size(); i++) {
          assertThat(sent.values.get(i))
              .as("seed %s, %s bytes, column %s", seed, bytes, table.getVector(i).getField())
              .isEqualTo(expected.get(i));
        }
      }
    }
  }

  @Test
  void whatCannotBeCutGoesWhole() throws IOException {
    try (VectorSchemaRoot table = new RandomTables(allocator, 3).table(500)) {
      Sent sent = send(file(table), 1000);
      assertThat(sent.batches).isEqualTo(1);
      assertThat(sent.values).isEqualTo(Tables.values(table));
    }
  }

  @Test
  void tamperedMetadataIsAnErrorAndNothingElse() throws IOException {
    byte[] file;
    try (VectorSchemaRoot all = new RandomTables(allocator, 5).table(300)) {
      file =
          file(
              new VectorSchemaRoot(
                  all.getFieldVectors().stream().filter(v -> canBeCut(v.getField())).toList()));
    }
    java.util.Random random = new java.util.Random(11);
    for (int turn = 0; turn < 400; turn++) {
      byte[] broken = file.clone();
      for (int i = 0; i < 3; i++) {
        // The footer, and the metadata before the first body.
        int at =
            random.nextBoolean()
                ? broken.length - 1 - random.nextInt(6000)
                : 8 + random.nextInt(12_000);
        broken[at] = (byte) random.nextInt();
      }
      try (ObjectBytes bytes = new ObjectBytes(new InMemory(broken))) {
        IpcTable.of(bytes, 4096).send(part -> {});
      } catch (StorageException e) {
        assertThat(e.kind()).isIn(StorageException.Kind.CORRUPT, StorageException.Kind.UNSUPPORTED);
      }
    }
  }

  private static boolean canBeCut(Field field) {
    ArrowType type = field.getType();
    return !(type instanceof ArrowType.ListView
            || type instanceof ArrowType.LargeListView
            || type instanceof ArrowType.RunEndEncoded
            || type instanceof ArrowType.Union union
                && union.getMode() == org.apache.arrow.vector.types.UnionMode.Dense)
        && field.getChildren().stream().allMatch(IpcTableTest::canBeCut);
  }

  private byte[] file(VectorSchemaRoot table) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ArrowFileWriter writer =
        new ArrowFileWriter(
            table, new DictionaryProvider.MapDictionaryProvider(), Channels.newChannel(out))) {
      writer.start();
      writer.writeBatch();
      writer.end();
    }
    return out.toByteArray();
  }

  private record Sent(int batches, List<List<String>> values) {}

  /// Sends a file's messages and reads them with Arrow's own reader of streams.
  private Sent send(byte[] file, long batchBytes) throws IOException {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    InMemory open = new InMemory(file);
    try (ObjectBytes bytes = new ObjectBytes(open)) {
      IpcTable table = IpcTable.of(bytes, batchBytes);
      stream.write(bytes(table.encapsulatedSchema()));
      table.send(
          part -> {
            int padded = (int) Math.ceilDiv(part.metadata().remaining(), 8L) * 8;
            stream.write(little(-1));
            stream.write(little(padded));
            stream.write(bytes(part.metadata()));
            stream.write(new byte[padded - part.metadata().remaining()]);
            for (ByteBuffer each : part.body()) {
              stream.write(bytes(each));
            }
          });
    }
    assertThat(open.pinned).as("views that were not given back").isZero();
    List<List<String>> values = new ArrayList<>();
    int batches = 0;
    try (ArrowStreamReader reader =
        new ArrowStreamReader(new ByteArrayInputStream(stream.toByteArray()), allocator)) {
      while (reader.loadNextBatch()) {
        batches++;
        List<List<String>> some = Tables.values(reader.getVectorSchemaRoot());
        for (int i = 0; i < some.size(); i++) {
          if (values.size() <= i) {
            values.add(new ArrayList<>());
          }
          values.get(i).addAll(some.get(i));
        }
      }
    }
    return new Sent(batches, values);
  }

  private static byte[] little(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static byte[] bytes(ByteBuffer view) {
    byte[] bytes = new byte[view.remaining()];
    view.duplicate().get(bytes);
    return bytes;
  }

  /// A file on the heap that counts who has views of it.
  private static final class InMemory implements OpenFile {
    private final byte[] bytes;
    private int pinned;

    InMemory(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public FileEntry entry() {
      return new FileEntry("t", bytes.length, Instant.EPOCH, 1, null);
    }

    @Override
    public PinnedBytes read(long offset, int length) {
      pinned++;
      ByteBuffer view = ByteBuffer.wrap(bytes, (int) offset, length).slice().asReadOnlyBuffer();
      return new PinnedBytes() {
        @Override
        public List<ByteBuffer> buffers() {
          return List.of(view);
        }

        @Override
        public int byteCount() {
          return view.remaining();
        }

        @Override
        public void close() {
          pinned--;
        }
      };
    }

    @Override
    public Optional<SealedFile> sealed() {
      return Optional.empty();
    }

    @Override
    public void close() {}
  }
}
