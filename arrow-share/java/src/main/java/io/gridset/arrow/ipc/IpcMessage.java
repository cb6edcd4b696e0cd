package io.gridset.arrow.ipc;

import com.google.flatbuffers.FlatBufferBuilder;
import io.gridset.arrow.system.Region;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.DictionaryBatch;
import org.apache.arrow.flatbuf.FieldNode;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/// One encapsulated message, whose length is known before a byte of its body is touched. Holds
/// references to the buffers until closed.
final class IpcMessage implements AutoCloseable {
  static final int ALIGNMENT = 64;

  /// Of more than this, several threads copy.
  private static final long LARGE = 8 << 20;

  /// The continuation marker and the length of the metadata.
  static final int PREFIX_BYTES = 8;

  private final ByteBuffer metadata;
  private final List<BufferCopy> copies;
  private final long bodyBytes;
  private final AutoCloseable source;

  private IpcMessage(
      ByteBuffer metadata, List<BufferCopy> copies, long bodyBytes, AutoCloseable source) {
    this.metadata = metadata;
    this.copies = copies;
    this.bodyBytes = bodyBytes;
    this.source = source;
  }

  static IpcMessage schema(Schema schema) {
    FlatBufferBuilder builder = new FlatBufferBuilder();
    int header = schema.getSchema(builder);
    return new IpcMessage(
        MessageSerializer.serializeMessage(
            builder, MessageHeader.Schema, header, 0, IpcOption.DEFAULT),
        List.of(),
        0,
        () -> {});
  }

  /// @param batch becomes the message's
  static IpcMessage batch(List<Field> fields, ArrowRecordBatch batch) {
    return of(fields, batch, -1);
  }

  /// @param batch becomes the message's
  static IpcMessage dictionary(long id, Field values, ArrowRecordBatch batch) {
    return of(List.of(values), batch, id);
  }

  private static IpcMessage of(List<Field> fields, ArrowRecordBatch batch, long dictionary) {
    try {
      return whole(fields, batch, dictionary);
    } catch (RuntimeException e) {
      batch.close();
      throw e;
    }
  }

  private static IpcMessage whole(List<Field> fields, ArrowRecordBatch batch, long dictionary) {
    List<BufferCopy> copies = copies(fields, batch);
    FlatBufferBuilder builder = new FlatBufferBuilder();
    int header = header(builder, batch, copies);
    byte type = MessageHeader.RecordBatch;
    if (dictionary >= 0) {
      DictionaryBatch.startDictionaryBatch(builder);
      DictionaryBatch.addId(builder, dictionary);
      DictionaryBatch.addData(builder, header);
      header = DictionaryBatch.endDictionaryBatch(builder);
      type = MessageHeader.DictionaryBatch;
    }
    long body = 0;
    for (BufferCopy copy : copies) {
      body = copy.end();
    }
    return new IpcMessage(
        MessageSerializer.serializeMessage(builder, type, header, body, IpcOption.DEFAULT),
        copies,
        body,
        batch);
  }

  private static List<BufferCopy> copies(List<Field> fields, ArrowRecordBatch batch) {
    List<BufferKinds> kinds = BufferKinds.of(fields, batch.getVariadicBufferCounts());
    List<ArrowBuf> buffers = batch.getBuffers();
    if (kinds.size() != buffers.size()) {
      throw new IllegalArgumentException(
          buffers.size() + " buffers where the schema asks for " + kinds.size());
    }
    List<BufferCopy> copies = new ArrayList<>(buffers.size());
    long position = 0;
    for (int i = 0; i < buffers.size(); i++) {
      ArrowFieldNode node = batch.getNodes().get(kinds.get(i).node());
      BufferCopy.Place place =
          new BufferCopy.Place(position, node.getLength(), node.getNullCount());
      BufferCopy copy = BufferCopy.of(kinds, buffers, i, place);
      copies.add(copy);
      position = copy.end();
    }
    return copies;
  }

  private static int header(
      FlatBufferBuilder builder, ArrowRecordBatch batch, List<BufferCopy> copies) {
    List<ArrowFieldNode> nodes = batch.getNodes();
    RecordBatch.startNodesVector(builder, nodes.size());
    for (ArrowFieldNode node : nodes.reversed()) {
      FieldNode.createFieldNode(builder, node.getLength(), node.getNullCount());
    }
    int nodesOffset = builder.endVector();
    RecordBatch.startBuffersVector(builder, copies.size());
    for (BufferCopy copy : copies.reversed()) {
      Buffer.createBuffer(builder, copy.position(), copy.length());
    }
    int buffersOffset = builder.endVector();
    List<Long> variadic = batch.getVariadicBufferCounts();
    int variadicOffset =
        variadic.isEmpty()
            ? 0
            : RecordBatch.createVariadicBufferCountsVector(
                builder, variadic.stream().mapToLong(Long::longValue).toArray());
    RecordBatch.startRecordBatch(builder);
    RecordBatch.addLength(builder, batch.getLength());
    RecordBatch.addNodes(builder, nodesOffset);
    RecordBatch.addBuffers(builder, buffersOffset);
    if (variadicOffset != 0) {
      RecordBatch.addVariadicBufferCounts(builder, variadicOffset);
    }
    return RecordBatch.endRecordBatch(builder);
  }

  /// Length of the metadata with its prefix, padded so that a message that begins at a multiple of
  /// 64, or at `position`, has its body at one.
  int metadataBytes(long position) {
    long end = position + PREFIX_BYTES + metadata.remaining();
    return (int) (aligned(end) - position);
  }

  long bodyBytes() {
    return bodyBytes;
  }

  /// Where this message ends if it begins at `position`.
  long end(long position) {
    return position + metadataBytes(position) + bodyBytes;
  }

  void write(Region region, long position) {
    long metadataBytes = metadataBytes(position);
    ByteBuffer prefix = ByteBuffer.allocate(PREFIX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    prefix.putInt(0xffff_ffff).putInt((int) metadataBytes - PREFIX_BYTES).flip();
    region.write(position, prefix);
    region.write(position + PREFIX_BYTES, metadata);
    int written = PREFIX_BYTES + metadata.remaining();
    region.zero(position + written, metadataBytes - written);
    long body = position + metadataBytes;
    List<BufferCopy.Part> parts =
        copies.stream().flatMap(copy -> copy.parts(body).stream()).toList();
    // One thread does not use all of the memory's bandwidth.
    (bodyBytes < LARGE ? parts.stream() : parts.parallelStream())
        .forEach(part -> part.copy(region));
    copies.forEach(copy -> copy.finish(region, body));
  }

  /// Whether this message's body is what stands in `region` at `body`. Only for messages that
  /// describe the same dictionary.
  boolean matches(Region region, long body) {
    for (BufferCopy copy : copies) {
      if (!copy.matches(region, body)) {
        return false;
      }
    }
    return true;
  }

  static long aligned(long position) {
    return Math.ceilDiv(position, ALIGNMENT) * ALIGNMENT;
  }

  /// The metadata, by which two messages of equal shape are alike.
  ByteBuffer metadata() {
    return metadata;
  }

  @Override
  public void close() {
    try {
      source.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
