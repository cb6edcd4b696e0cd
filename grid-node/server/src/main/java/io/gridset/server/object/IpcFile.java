package io.gridset.server.object;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The check that bytes are an uncompressed Arrow IPC file whose every block and buffer lies within
/// it, so that a reader may follow them without looking. It reads the metadata only: what stands in
/// the buffers (offsets of texts and lists) is the producer's word.
///
/// @param schema a line a field, `name: type`
/// @see <a href="https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format">IPC file</a>
record IpcFile(long rows, int batches, String schema) {
  private static final byte[] MAGIC = "ARROW1".getBytes(US_ASCII);
  private static final int HEAD = 8;
  private static final int TAIL = 4 + MAGIC.length;
  private static final int LARGEST_METADATA = 16 << 20;
  private static final int LONGEST_SCHEMA = 32 << 10;
  private static final int BLOCK_BYTES = 24;
  private static final int CONTINUATION = -1;
  private static final int OLDEST_VERSION = 3;
  private static final byte DICTIONARY_BATCH = 2;
  private static final byte RECORD_BATCH = 3;
  private static final long MOST_ROWS = 1L << 60;

  /// @throws StorageException INVALID, saying what is wrong; never anything else for wrong bytes
  static IpcFile check(IpcBytes bytes) throws StorageException {
    return new Check(bytes).run();
  }

  private static final class Check {
    private final IpcBytes bytes;
    private final long length;

    /// Metadata that may still be looked at: blocks that share theirs would make a file of some
    /// megabytes work for hours.
    private long metadataLeft;

    Check(IpcBytes bytes) {
      this.bytes = bytes;
      this.length = bytes.length();
      this.metadataLeft = length;
    }

    IpcFile run() throws StorageException {
      if (length < HEAD + TAIL || !isMagic(0) || !isMagic(length - MAGIC.length)) {
        throw invalid("it does not begin and end with ARROW1");
      }
      int footerBytes = little(length - TAIL, 4).getInt(0);
      long footerStart = length - TAIL - footerBytes;
      if (footerBytes <= 0 || footerBytes > LARGEST_METADATA || footerStart < HEAD) {
        throw invalid("its footer of " + footerBytes + " bytes has no room in it");
      }
      FlatTable footer = FlatTable.root(bytes.at(footerStart, footerBytes));
      if (footer.shortAt(0, 0) < OLDEST_VERSION) {
        throw invalid("its metadata is older than version 4");
      }
      FlatTable schema = present(footer.tableAt(1), "no schema in its footer");
      List<ArrowField> fields = ArrowField.of(schema, footerBytes);
      BatchLayout layout = new BatchLayout(fields);
      FlatTable.Elements dictionaries = footer.elementsAt(2, BLOCK_BYTES);
      for (int i = 0; i < dictionaries.count(); i++) {
        Block block = block(dictionaries, i, footerStart);
        FlatTable dictionary = block.header(DICTIONARY_BATCH);
        FlatTable values = present(dictionary.tableAt(1), "a dictionary without values");
        layout.checkDictionary(dictionary.longAt(0, 0), values, block.body);
      }
      FlatTable.Elements batches = footer.elementsAt(3, BLOCK_BYTES);
      long rows = 0;
      for (int i = 0; i < batches.count(); i++) {
        Block block = block(batches, i, footerStart);
        rows += layout.checkRows(block.header(RECORD_BATCH), block.body);
        if (rows > MOST_ROWS) {
          throw invalid("more rows than can be");
        }
      }
      return new IpcFile(rows, batches.count(), describe(fields));
    }

    private Block block(FlatTable.Elements blocks, int index, long end) throws StorageException {
      long offset = blocks.longAt(index, 0);
      int metadata = blocks.intAt(index, 8);
      long body = blocks.longAt(index, 16);
      if (offset < HEAD
          || offset > end
          || metadata < HEAD
          || metadata > end - offset
          || body < 0
          || body > end - offset - metadata) {
        throw invalid("a block reaches beyond its footer");
      }
      if (offset % 8 != 0 || metadata % 8 != 0) {
        throw invalid("a block does not begin at a multiple of 8");
      }
      metadataLeft -= metadata;
      if (metadata > LARGEST_METADATA || metadataLeft < 0) {
        throw invalid("blocks overlap");
      }
      ByteBuffer prefix = little(offset, HEAD);
      int skipped = prefix.getInt(0) == CONTINUATION ? HEAD : 4;
      int bytesOfMessage = prefix.getInt(skipped - 4);
      if (bytesOfMessage <= 0 || bytesOfMessage > metadata - skipped) {
        throw invalid("a message is longer than its block");
      }
      FlatTable message = FlatTable.root(bytes.at(offset + skipped, bytesOfMessage));
      if (message.longAt(3, 0) != body) {
        throw invalid("a message and its block tell different lengths");
      }
      return new Block(message, body);
    }

    private boolean isMagic(long offset) throws StorageException {
      return bytes.at(offset, MAGIC.length).equals(ByteBuffer.wrap(MAGIC));
    }

    private ByteBuffer little(long offset, int count) throws StorageException {
      return bytes.at(offset, count).slice().order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  /// A message and the length of the body behind it.
  private record Block(FlatTable message, long body) {
    FlatTable header(byte kind) throws StorageException {
      if (message.byteAt(1) != kind) {
        throw invalid("a message of another kind than its footer says");
      }
      return present(message.tableAt(2), "a message without a header");
    }
  }

  private static FlatTable present(@Nullable FlatTable table, String otherwise)
      throws StorageException {
    if (table == null) {
      throw invalid(otherwise);
    }
    return table;
  }

  private static String describe(List<ArrowField> fields) {
    StringBuilder text = new StringBuilder();
    List<ArrowField> left = new ArrayList<>(fields);
    for (ArrowField field : fields) {
      if (text.length() >= LONGEST_SCHEMA) {
        return text.append("… and ").append(left.size()).append(" more").toString();
      }
      field.describe(text.append(text.isEmpty() ? "" : "\n"), LONGEST_SCHEMA);
      left.removeFirst();
    }
    return text.toString();
  }

  static StorageException invalid(String why) {
    return StorageException.of(Kind.INVALID, "not an Arrow IPC file that can be mapped: " + why);
  }
}
