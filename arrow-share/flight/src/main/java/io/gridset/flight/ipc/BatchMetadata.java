package io.gridset.flight.ipc;

import com.google.flatbuffers.FlatBufferBuilder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.DictionaryBatch;
import org.apache.arrow.flatbuf.FieldNode;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;

/// What a batch's metadata says, being put together. Buffers get places at multiples of 64. For one
/// thread.
final class BatchMetadata {
  static final int ALIGNMENT = 64;

  private final List<Node> nodes = new ArrayList<>();
  private final List<Range> buffers = new ArrayList<>();
  private final List<Long> variadic = new ArrayList<>();
  private long bodyBytes;

  private record Node(long length, long nulls) {}

  /// A range of a body.
  record Range(long position, long length) {}

  /// Which dictionary a batch is one of.
  record OfDictionary(long id, Delta delta) {}

  /// Whether a dictionary batch adds to those before it.
  enum Delta {
    WHOLE,
    ADDED
  }

  void node(long length, long nulls) {
    nodes.add(new Node(length, nulls));
  }

  /// Places a buffer of `length` bytes behind the others.
  Range buffer(long length) {
    Range range = new Range(bodyBytes, length);
    buffers.add(range);
    bodyBytes += aligned(length);
    return range;
  }

  /// Puts a buffer where it is already.
  void bufferAt(long position, long length) {
    buffers.add(new Range(position, length));
  }

  void variadic(long count) {
    variadic.add(count);
  }

  long bodyBytes() {
    return bodyBytes;
  }

  static long aligned(long position) {
    return Math.ceilDiv(position, ALIGNMENT) * ALIGNMENT;
  }

  /// The message of a record batch.
  ///
  /// @param body bytes of the body
  ByteBuffer message(short version, long rows, long body) {
    FlatBufferBuilder builder = new FlatBufferBuilder();
    int batch = batch(builder, rows);
    return finished(builder, version, MessageHeader.RecordBatch, batch, body);
  }

  /// The message of a dictionary batch.
  ByteBuffer message(short version, long rows, long body, OfDictionary dictionary) {
    FlatBufferBuilder builder = new FlatBufferBuilder();
    int batch = batch(builder, rows);
    DictionaryBatch.startDictionaryBatch(builder);
    DictionaryBatch.addId(builder, dictionary.id());
    DictionaryBatch.addData(builder, batch);
    DictionaryBatch.addIsDelta(builder, dictionary.delta() == Delta.ADDED);
    int header = DictionaryBatch.endDictionaryBatch(builder);
    return finished(builder, version, MessageHeader.DictionaryBatch, header, body);
  }

  private static ByteBuffer finished(
      FlatBufferBuilder builder, short version, byte type, int header, long body) {
    Message.startMessage(builder);
    Message.addHeaderType(builder, type);
    Message.addHeader(builder, header);
    Message.addVersion(builder, version);
    Message.addBodyLength(builder, body);
    builder.finish(Message.endMessage(builder));
    return builder.dataBuffer();
  }

  private int batch(FlatBufferBuilder builder, long rows) {
    RecordBatch.startNodesVector(builder, nodes.size());
    for (Node node : nodes.reversed()) {
      FieldNode.createFieldNode(builder, node.length(), node.nulls());
    }
    int nodesAt = builder.endVector();
    RecordBatch.startBuffersVector(builder, buffers.size());
    for (Range range : buffers.reversed()) {
      Buffer.createBuffer(builder, range.position(), range.length());
    }
    int buffersAt = builder.endVector();
    int variadicAt =
        variadic.isEmpty()
            ? 0
            : RecordBatch.createVariadicBufferCountsVector(
                builder, variadic.stream().mapToLong(Long::longValue).toArray());
    RecordBatch.startRecordBatch(builder);
    RecordBatch.addLength(builder, rows);
    RecordBatch.addNodes(builder, nodesAt);
    RecordBatch.addBuffers(builder, buffersAt);
    if (variadicAt != 0) {
      RecordBatch.addVariadicBufferCounts(builder, variadicAt);
    }
    return RecordBatch.endRecordBatch(builder);
  }
}
