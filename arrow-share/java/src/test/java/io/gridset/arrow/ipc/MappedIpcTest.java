package io.gridset.arrow.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.arrow.system.Region;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.compression.NoCompressionCodec;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What others wrote, and what nobody should have.
class MappedIpcTest {
  private final BufferAllocator allocator = new RootAllocator();

  @AfterEach
  void nothingIsLeft() {
    allocator.close();
  }

  @Test
  void columnsStoredWithoutValidityShareOneInsteadOfAllocatingEach() throws Exception {
    int rows = 10_000;
    List<Field> fields = new ArrayList<>();
    List<ArrowFieldNode> nodes = new ArrayList<>();
    List<ArrowBuf> buffers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      fields.add(Field.nullable("f" + i, new ArrowType.Int(64, true)));
      nodes.add(new ArrowFieldNode(rows, 0));
      ArrowBuf data = allocator.buffer(8 * rows);
      data.setLong(8, i);
      data.writerIndex(8 * rows);
      buffers.add(allocator.getEmpty());
      buffers.add(data);
    }
    Region region = Region.allocate(64 + 20 * 81_000);
    IpcMessage schema = IpcMessage.schema(new Schema(fields));
    schema.write(region, 0);
    ArrowRecordBatch batch =
        new ArrowRecordBatch(
            rows, nodes, buffers, NoCompressionCodec.DEFAULT_BODY_COMPRESSION, List.of(), false);
    buffers.forEach(ArrowBuf::close);
    try (IpcMessage message = IpcMessage.batch(fields, batch)) {
      message.write(region, schema.end(0));
      region.zero(message.end(schema.end(0)), 8);
    }
    try (MappedIpc file = MappedIpc.open(region, allocator)) {
      VectorSchemaRoot root = file.batch(0);
      assertThat(root.getVector(7).getNullCount()).isZero();
      assertThat(root.getVector(7).getObject(1)).isEqualTo(7L);
      assertThat(allocator.getAllocatedMemory())
          .as("one validity buffer for all")
          .isLessThan(region.bytes() + rows / 8 + 128);
    }
  }

  /// As Python stores a matrix.
  @Test
  void elementsOfListsStoredWithoutValidityMayBeMoreThanTheRows() throws Exception {
    int rows = 1000;
    int width = 3;
    Field elements = Field.nullable("item", new ArrowType.Int(64, true));
    Field matrix =
        new Field(
            "matrix", FieldType.nullable(new ArrowType.FixedSizeList(width)), List.of(elements));
    ArrowBuf data = allocator.buffer(8L * rows * width);
    for (int i = 0; i < rows * width; i++) {
      data.setLong(8L * i, i);
    }
    data.writerIndex(8L * rows * width);
    Region region = Region.allocate(32 << 10);
    IpcMessage schema = IpcMessage.schema(new Schema(List.of(matrix)));
    schema.write(region, 0);
    ArrowRecordBatch batch =
        new ArrowRecordBatch(
            rows,
            List.of(new ArrowFieldNode(rows, 0), new ArrowFieldNode(rows * width, 0)),
            List.of(allocator.getEmpty(), allocator.getEmpty(), data),
            NoCompressionCodec.DEFAULT_BODY_COMPRESSION,
            List.of(),
            false);
    data.close();
    try (IpcMessage message = IpcMessage.batch(List.of(matrix), batch)) {
      message.write(region, schema.end(0));
      region.zero(message.end(schema.end(0)), 8);
    }
    try (MappedIpc file = MappedIpc.open(region, allocator)) {
      VectorSchemaRoot root = file.batch(0);
      assertThat(root.getVector(0).getObject(rows - 1)).isEqualTo(List.of(2997L, 2998L, 2999L));
    }
  }

  /// Each bit may have flipped: the answer is an exception or a table, not a crash, and nothing of
  /// a buffer outside of the memory.
  @Test
  void brokenFilesAreRefusedOrReadWithinTheirBounds() throws Exception {
    byte[] good = file();
    long seed = 20_261_122;
    Random random = new Random(seed);
    int refused = 0;
    for (int run = 0; run < 3000; run++) {
      byte[] bad = good.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      }
      if (random.nextInt(10) == 0) {
        bad = java.util.Arrays.copyOf(bad, random.nextInt(bad.length));
      }
      Region region = Region.allocate(bad.length);
      region.write(0, ByteBuffer.wrap(bad));
      try (BufferAllocator own = allocator.newChildAllocator("run", 0, 64 << 20)) {
        refused += read(region, own) ? 0 : 1;
        assertThat(own.getAllocatedMemory()).as("run " + run + " of seed " + seed).isZero();
      }
    }
    assertThat(refused).as("broken metadata is found").isGreaterThan(300);
  }

  private static boolean read(Region region, BufferAllocator allocator) {
    try (MappedIpc file = MappedIpc.open(region, allocator)) {
      for (int i = 0; i < file.batches(); i++) {
        for (var vector : file.batch(i).getFieldVectors()) {
          // Not the texts: a length that is two gibibytes by mistake is memory that Arrow takes.
          for (int row = 0; row < vector.getValueCount(); row++) {
            if (vector instanceof BaseFixedWidthVector) {
              vector.getObject(row);
            }
          }
        }
      }
      return true;
    } catch (NotIpcException | IndexOutOfBoundsException e) {
      return false; // refused, or found out by Arrow's own bounds when a value is read
    }
  }

  private byte[] file() {
    try (BigIntVector ids = new BigIntVector("id", allocator);
        VarCharVector texts = new VarCharVector("text", allocator)) {
      for (int i = 0; i < 40; i++) {
        ids.setSafe(i, i);
        texts.setSafe(i, ("row " + i).getBytes(StandardCharsets.UTF_8));
      }
      VectorSchemaRoot root = new VectorSchemaRoot(List.of(ids, texts));
      root.setRowCount(40);
      AlignedIpcWriter writer =
          new AlignedIpcWriter(root.getSchema(), new DictionaryProvider.MapDictionaryProvider());
      try (Region region = Region.allocate(1 << 16);
          PreparedBatch batch = writer.prepare(root, region)) {
        long said = writer.bytesWith(batch);
        writer.write(batch, region);
        assertThat(writer.finish(region)).isEqualTo(said);
        return region.read(0, (int) said);
      }
    }
  }

  @Test
  void whatIsNoArrowDataIsCalledSo() {
    Region region = Region.allocate(5000);
    region.zero(0, 5000);
    assertThatThrownBy(() -> MappedIpc.open(region, allocator))
        .isInstanceOf(NotIpcException.class)
        .hasMessageContaining("neither an Arrow IPC file nor a stream");
  }
}
