package io.gridset.arrow.ipc;

import io.gridset.arrow.system.Ones;
import io.gridset.arrow.system.Region;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.DictionaryBatch;
import org.apache.arrow.flatbuf.FieldNode;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.ForeignAllocation;
import org.apache.arrow.vector.BufferLayout.BufferType;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.compression.NoCompressionCodec;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.arrow.vector.util.DictionaryUtility;
import org.apache.arrow.vector.util.VectorBatchAppender;
import org.jspecify.annotations.Nullable;

/// An IPC file or stream in memory, as vectors over that memory: nothing is copied, except for
/// dictionaries that come in several parts. Columns that are stored without a validity buffer share
/// one of ones ([Ones]). Batches are loaded when asked for, each into vectors of its own, which are
/// this object's and closed with it. Not thread-safe.
public final class MappedIpc implements AutoCloseable {
  private final BufferAllocator allocator;
  private final Region region;
  private final ArrowBuf memory;
  private final IpcIndex index;
  private Schema schema;
  private final Map<Long, Dictionary> dictionaries = new HashMap<>();
  private final DictionaryProvider.MapDictionaryProvider provider =
      new DictionaryProvider.MapDictionaryProvider();
  private final @Nullable VectorSchemaRoot[] loaded;
  private @Nullable ArrowBuf ones;
  private boolean closed;

  /// @param region becomes this object's, also when this fails; it is closed when the last vector
  ///   over it is
  /// @param allocator what the region's bytes are accounted at, though nothing is allocated
  /// @throws NotIpcException when the bytes are none, or are compressed
  public static MappedIpc open(Region region, BufferAllocator allocator) throws NotIpcException {
    IpcIndex index;
    ArrowBuf memory;
    try {
      index = IpcIndex.of(region);
      memory = wrap(region, allocator);
    } catch (NotIpcException | RuntimeException e) {
      region.close();
      throw e;
    }
    MappedIpc ipc = new MappedIpc(allocator, region, memory, index);
    try {
      ipc.loadDictionaries();
      return ipc;
    } catch (NotIpcException e) {
      ipc.close();
      throw e;
    } catch (RuntimeException e) {
      ipc.close();
      throw NotIpcException.broken(e);
    }
  }

  private MappedIpc(BufferAllocator allocator, Region region, ArrowBuf memory, IpcIndex index) {
    this.allocator = allocator;
    this.region = region;
    this.memory = memory;
    this.index = index;
    this.loaded = new VectorSchemaRoot[index.batches().size()];
    this.schema = index.schema();
  }

  private static ArrowBuf wrap(Region region, BufferAllocator allocator) {
    return allocator.wrapForeignAllocation(
        new ForeignAllocation(region.bytes(), region.address()) {
          @Override
          protected void release0() {
            region.close();
          }
        });
  }

  /// As vectors have it: a field in dictionary form has its index type.
  public Schema schema() {
    return schema;
  }

  public DictionaryProvider dictionaries() {
    return provider;
  }

  public int batches() {
    return loaded.length;
  }

  public long bytes() {
    return region.bytes();
  }

  /// @throws NotIpcException when the batch is compressed, or lies outside of the memory
  public VectorSchemaRoot batch(int number) throws NotIpcException {
    VectorSchemaRoot present = loaded[number];
    if (present != null) {
      return present;
    }
    IpcIndex.Place place = index.batches().get(number);
    VectorSchemaRoot root = null;
    boolean whole = false;
    try {
      root = EmptyVectors.of(schema, allocator);
      load(
          header(place.message(region), MessageHeader.RecordBatch, new RecordBatch()), place, root);
      whole = true;
    } catch (RuntimeException e) {
      throw NotIpcException.broken(e);
    } finally {
      if (root != null && !whole) {
        root.close();
      }
    }
    loaded[number] = root;
    return root;
  }

  private static <T extends com.google.flatbuffers.Table> T header(
      Message message, byte type, T header) throws NotIpcException {
    if (message.headerType() != type || message.header(header) == null) {
      throw new NotIpcException("the Arrow IPC file's footer points at another kind of message");
    }
    return header;
  }

  private void loadDictionaries() throws NotIpcException {
    List<Field> fields = new ArrayList<>();
    for (Field field : index.schema().getFields()) {
      Field creatable = EmptyVectors.creatable(field);
      fields.add(
          EmptyVectors.restored(
              DictionaryUtility.toMemoryFormat(creatable, allocator, dictionaries), field));
    }
    schema = new Schema(fields, index.schema().getCustomMetadata());
    dictionaries.values().forEach(provider::put);
    for (IpcIndex.Place place : index.dictionaries()) {
      DictionaryBatch batch =
          header(place.message(region), MessageHeader.DictionaryBatch, new DictionaryBatch());
      Dictionary dictionary = dictionaries.get(batch.id());
      if (dictionary == null) {
        throw new NotIpcException("dictionary " + batch.id() + " is in no field of the schema");
      }
      FieldVector values = dictionary.getVector();
      if (batch.isDelta()) {
        try (FieldVector more = EmptyVectors.of(values.getField(), allocator)) {
          load(batch.data(), place, rootOf(more));
          VectorBatchAppender.batchAppend(values, more);
        }
      } else {
        load(batch.data(), place, rootOf(values));
      }
    }
  }

  private static VectorSchemaRoot rootOf(FieldVector vector) {
    return new VectorSchemaRoot(List.of(vector.getField()), List.of(vector), 0);
  }

  private void load(RecordBatch batch, IpcIndex.Place place, VectorSchemaRoot root)
      throws NotIpcException {
    if (batch.compression() != null) {
      throw new NotIpcException("a compressed Arrow IPC file cannot be mapped: write it without");
    }
    if (batch.length() > Integer.MAX_VALUE) {
      throw new NotIpcException("a batch of " + batch.length() + " rows: Java has 2^31-1 at most");
    }
    List<ArrowFieldNode> nodes = new ArrayList<>();
    for (int i = 0; i < batch.nodesLength(); i++) {
      FieldNode node = batch.nodes(i);
      nodes.add(new ArrowFieldNode(node.length(), node.nullCount()));
    }
    List<Long> variadic = new ArrayList<>();
    for (int i = 0; i < batch.variadicBufferCountsLength(); i++) {
      variadic.add(batch.variadicBufferCounts(i));
    }
    List<BufferKinds> kinds = BufferKinds.of(root.getSchema().getFields(), variadic);
    if (kinds.size() != batch.buffersLength()) {
      throw new NotIpcException(
          "a batch of "
              + batch.buffersLength()
              + " buffers where the schema asks for "
              + kinds.size());
    }
    checkLengths(batch.length(), root.getSchema().getFields(), nodes);
    List<ArrowBuf> buffers = new ArrayList<>();
    reserveOnes(batch, kinds, nodes);
    for (int i = 0; i < kinds.size(); i++) {
      ArrowFieldNode node = nodes.get(kinds.get(i).node());
      buffers.add(buffer(batch.buffers(i), place, kinds.get(i), node));
    }
    try (ArrowRecordBatch whole =
        new ArrowRecordBatch(
            (int) batch.length(),
            nodes,
            buffers,
            NoCompressionCodec.DEFAULT_BODY_COMPRESSION,
            variadic,
            false)) {
      new VectorLoader(root).load(whole);
    }
  }

  /// Arrow would make a column that is too short longer, in memory of its own.
  private static void checkLengths(long rows, List<Field> fields, List<ArrowFieldNode> nodes)
      throws NotIpcException {
    int node = 0;
    for (Field field : fields) {
      if (nodes.get(node).getLength() != rows) {
        throw new NotIpcException("column " + field.getName() + " is not as long as its batch");
      }
      node += nodes(field);
    }
  }

  private static int nodes(Field field) {
    return 1 + field.getChildren().stream().mapToInt(MappedIpc::nodes).sum();
  }

  private ArrowBuf buffer(
      Buffer buffer, IpcIndex.Place place, BufferKinds kind, ArrowFieldNode node)
      throws NotIpcException {
    long offset = buffer.offset();
    long length = buffer.length();
    if (offset < 0 || length < 0 || offset > place.bodyBytes() - length) {
      throw new NotIpcException("a buffer of the Arrow IPC file lies outside of its batch");
    }
    return isAllThere(buffer, kind, node) && ones != null
        ? ones.slice(0, Math.ceilDiv(node.getLength(), Byte.SIZE))
        : memory.slice(place.body() + offset, length);
  }

  /// Whether it is the validity of a column without nulls, and left out.
  private static boolean isAllThere(Buffer buffer, BufferKinds kind, ArrowFieldNode node) {
    return kind.buffer() == BufferType.VALIDITY
        && buffer.length() == 0
        && node.getNullCount() == 0
        && node.getLength() > 0;
  }

  /// Makes one validity for all columns of a batch that have no nulls: without it, Arrow would
  /// allocate and fill one for each. Of its widest column, before any slice is taken: a batch
  /// counts its buffers only when it has all, and those of the elements of lists may be wider than
  /// others.
  private void reserveOnes(RecordBatch batch, List<BufferKinds> kinds, List<ArrowFieldNode> nodes) {
    long rows = 0;
    for (int i = 0; i < kinds.size(); i++) {
      ArrowFieldNode node = nodes.get(kinds.get(i).node());
      if (isAllThere(batch.buffers(i), kinds.get(i), node)) {
        rows = Math.max(rows, node.getLength());
      }
    }
    long bytes = IpcMessage.aligned(Math.ceilDiv(rows, Byte.SIZE));
    if (rows > 0 && (ones == null || ones.capacity() < bytes)) {
      ArrowBuf wider = wrap(Ones.map(bytes), allocator);
      if (ones != null) {
        ones.close();
      }
      ones = wider;
    }
  }

  /// Closes all vectors. Whoever has kept buffers has them on: the region is closed with the last.
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (int i = 0; i < loaded.length; i++) {
      VectorSchemaRoot root = loaded[i];
      if (root != null) {
        root.close();
        loaded[i] = null;
      }
    }
    dictionaries.values().forEach(dictionary -> dictionary.getVector().close());
    if (ones != null) {
      ones.close();
    }
    memory.close();
  }
}
