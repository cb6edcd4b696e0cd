package io.gridset.flight.ipc;

import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.store.StorageException;
import io.gridset.flight.rpc.RpcCode;
import io.gridset.flight.rpc.RpcException;
import io.gridset.flight.rpc.RpcMessage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.DictionaryBatch;
import org.apache.arrow.flatbuf.FieldNode;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.flatbuf.Schema;
import org.jspecify.annotations.Nullable;

/// Puts the messages of a stream together to an IPC file, in memory that is staged for an object.
/// Bodies are written as they arrive, each buffer at a multiple of 64. The schema goes in as it is,
/// into the footer too. For one thread.
public final class IpcAssembler implements AutoCloseable {
  private static final byte[] MAGIC = "ARROW1".getBytes(StandardCharsets.US_ASCII);
  private static final int PREFIX_BYTES = 8;
  private static final int END_BYTES = 8;

  private final StagedFile file;
  private final List<FileFooter.Block> dictionaries = new ArrayList<>();
  private final List<FileFooter.Block> batches = new ArrayList<>();
  private final Map<Long, byte[]> digests = new HashMap<>();
  private byte @Nullable [] schema;

  public IpcAssembler(ObjectStore store, String namespace) {
    this.file = new StagedFile(store, namespace);
  }

  /// Whether the schema has come.
  public boolean hasSchema() {
    return schema != null;
  }

  /// Takes a message that has no body: only a schema has none.
  ///
  /// @param metadata its flatbuffer
  public void message(byte[] metadata) throws RpcException, StorageException {
    message(metadata, null, 0);
  }

  /// Takes a message, reading its body.
  ///
  /// @param body whose next `bodyBytes` bytes are the body
  /// @throws RpcException INVALID_ARGUMENT when it does not belong into a file
  /// @throws StorageException NO_SPACE
  public void message(byte[] metadata, @Nullable RpcMessage body, long bodyBytes)
      throws RpcException, StorageException {
    Message message;
    Parsed parsed;
    try {
      message = Message.getRootAsMessage(little(metadata));
      if (message.headerType() == MessageHeader.Schema) {
        takeSchema(message, metadata);
        return;
      }
      parsed = Parsed.of(message, bodyBytes);
    } catch (RuntimeException e) {
      throw new RpcException(RpcCode.INVALID_ARGUMENT, "metadata that is none of Arrow's", e);
    }
    if (schema == null) {
      throw RpcException.invalid("a batch before the schema");
    }
    append(parsed, metadata, body, bodyBytes);
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void takeSchema(Message message, byte[] metadata) throws RpcException, StorageException {
    if (schema != null || message.header(new Schema()) == null) {
      throw RpcException.invalid("a stream begins with one schema");
    }
    schema = metadata;
    file.write(ByteBuffer.wrap(Arrays.copyOf(MAGIC, PREFIX_BYTES)));
    encapsulated(ByteBuffer.wrap(metadata));
  }

  /// The dictionary that a batch is one of, null for rows, and where its buffers go.
  private record Parsed(
      short version,
      long rows,
      BatchMetadata.@Nullable OfDictionary dictionary,
      BatchMetadata metadata,
      List<BatchMetadata.Range> from,
      boolean placed) {
    static Parsed of(Message message, long bodyBytes) throws RpcException {
      RecordBatch batch;
      BatchMetadata.OfDictionary dictionary = null;
      switch (message.headerType()) {
        case MessageHeader.RecordBatch -> batch = (RecordBatch) message.header(new RecordBatch());
        case MessageHeader.DictionaryBatch -> {
          DictionaryBatch whole = (DictionaryBatch) message.header(new DictionaryBatch());
          batch = whole.data();
          dictionary =
              new BatchMetadata.OfDictionary(
                  whole.id(),
                  whole.isDelta() ? BatchMetadata.Delta.ADDED : BatchMetadata.Delta.WHOLE);
        }
        default -> throw RpcException.invalid("a tensor, not a table");
      }
      if (batch.compression() != null) {
        throw RpcException.invalid(
            "a compressed batch cannot be mapped by readers: write with IpcWriteOptions that have"
                + " no compression");
      }
      return of(message.version(), batch, dictionary, bodyBytes);
    }

    private static Parsed of(
        short version,
        RecordBatch batch,
        BatchMetadata.@Nullable OfDictionary dictionary,
        long bodyBytes)
        throws RpcException {
      List<BatchMetadata.Range> from = new ArrayList<>();
      boolean ordered = true;
      long end = 0;
      for (int i = 0; i < batch.buffersLength(); i++) {
        Buffer buffer = batch.buffers(i);
        if (buffer.offset() < 0
            || buffer.length() < 0
            || buffer.offset() > bodyBytes - buffer.length()) {
          throw RpcException.invalid("a buffer that lies outside of its batch");
        }
        ordered &= buffer.offset() >= end || buffer.length() == 0;
        end = Math.max(end, buffer.offset() + buffer.length());
        from.add(new BatchMetadata.Range(buffer.offset(), buffer.length()));
      }
      BatchMetadata metadata = new BatchMetadata();
      for (int i = 0; i < batch.nodesLength(); i++) {
        FieldNode node = batch.nodes(i);
        metadata.node(node.length(), node.nullCount());
      }
      for (BatchMetadata.Range range : from) {
        if (ordered) {
          metadata.buffer(range.length());
        } else {
          metadata.bufferAt(range.position(), range.length());
        }
      }
      for (int i = 0; i < batch.variadicBufferCountsLength(); i++) {
        metadata.variadic(batch.variadicBufferCounts(i));
      }
      return new Parsed(version, batch.length(), dictionary, metadata, from, ordered);
    }

    /// The message as it stands in the file.
    ByteBuffer message(long body) {
      return dictionary == null
          ? metadata.message(version, rows, body)
          : metadata.message(version, rows, body, dictionary);
    }
  }

  private void append(Parsed parsed, byte[] received, @Nullable RpcMessage body, long bodyBytes)
      throws RpcException, StorageException {
    long length =
        parsed.placed() ? parsed.metadata().bodyBytes() : BatchMetadata.aligned(bodyBytes);
    ByteBuffer metadata = parsed.message(length);
    long start = file.position();
    file.reserve(metadata.remaining() + length + 3L * BatchMetadata.ALIGNMENT + footerBytes());
    BatchMetadata.OfDictionary dictionary = parsed.dictionary();
    MessageDigest digest = dictionary == null ? null : sha256(received);
    int metadataBytes = encapsulated(metadata);
    if (body != null) {
      Body copied = new Body(body, bodyBytes, digest);
      if (parsed.placed()) {
        for (BatchMetadata.Range range : parsed.from()) {
          copied.copy(range);
          file.align();
        }
      } else {
        copied.copy(new BatchMetadata.Range(0, bodyBytes));
        file.align();
      }
      copied.skipRest();
    }
    FileFooter.Block block = new FileFooter.Block(start, metadataBytes, length);
    if (dictionary == null) {
      batches.add(block);
    } else if (isNew(dictionary, digest == null ? new byte[0] : digest.digest())) {
      dictionaries.add(block);
    } else {
      file.back(start);
    }
  }

  /// Whether a dictionary has to stand in the file: clients may send one again, but not another.
  private boolean isNew(BatchMetadata.OfDictionary dictionary, byte[] digest) throws RpcException {
    if (dictionary.delta() == BatchMetadata.Delta.ADDED) {
      return true;
    }
    byte[] before = digests.putIfAbsent(dictionary.id(), digest);
    if (before != null && !Arrays.equals(before, digest)) {
      throw RpcException.invalid(
          "dictionary "
              + dictionary.id()
              + " changes within the stream, and a file has one for all batches: unify them first"
              + " (pyarrow: table.unify_dictionaries())");
    }
    return before == null;
  }

  private static MessageDigest sha256(byte[] first) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(first);
      return digest;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /// Reads a body from its beginning to its end.
  private final class Body {
    private final RpcMessage source;
    private final long length;
    private final @Nullable MessageDigest digest;
    private long position;

    Body(RpcMessage source, long length, @Nullable MessageDigest digest) {
      this.source = source;
      this.length = length;
      this.digest = digest;
    }

    void copy(BatchMetadata.Range range) throws RpcException, StorageException {
      if (range.length() == 0) {
        return;
      }
      source.skip(range.position() - position);
      long left = range.length();
      while (left > 0) {
        ByteBuffer some = source.some(left);
        left -= some.remaining();
        if (digest != null) {
          digest.update(some.duplicate());
        }
        file.write(some);
      }
      position = range.position() + range.length();
    }

    void skipRest() throws RpcException {
      source.skip(length - position);
    }
  }

  /// Writes a message's flatbuffer so that its body begins at a multiple of 64; returns the bytes
  /// it takes.
  private int encapsulated(ByteBuffer metadata) throws StorageException {
    long start = file.position();
    long end = BatchMetadata.aligned(start + PREFIX_BYTES + metadata.remaining());
    ByteBuffer prefix = ByteBuffer.allocate(PREFIX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.write(prefix.putInt(-1).putInt((int) (end - start) - PREFIX_BYTES).flip());
    file.write(metadata);
    file.align();
    return (int) (end - start);
  }

  private long footerBytes() {
    byte[] known = schema;
    return FileFooter.bytes(dictionaries.size() + 1, batches.size() + 1)
        + (known == null ? 0 : known.length)
        + END_BYTES;
  }

  /// Ends the file and makes it an object.
  ///
  /// @throws StorageException as [io.gridset.core.object.Staging#seal]
  public ObjectInfo seal(ObjectName name, ObjectAttributes attributes)
      throws RpcException, StorageException {
    byte[] known = schema;
    if (known == null) {
      throw RpcException.invalid("a stream without a schema");
    }
    file.reserve(footerBytes());
    file.write(little(new byte[END_BYTES]).putInt(0, -1));
    ByteBuffer footer = FileFooter.of(known, dictionaries, batches);
    int length = footer.remaining();
    file.write(footer);
    file.write(little(new byte[Integer.BYTES]).putInt(0, length));
    file.write(ByteBuffer.wrap(MAGIC));
    return file.seal(name, attributes);
  }

  @Override
  public void close() {
    file.close();
  }
}
