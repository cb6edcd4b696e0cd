package io.gridset.flight.ipc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/// The footer of an IPC file, in which the schema stands as its producer wrote it: the flatbuffer
/// of the schema's message is put in whole, and the footer points into it. A copy, table by table,
/// would lose what this version does not know.
///
/// @see <a href="https://github.com/apache/arrow/blob/main/format/File.fbs">File.fbs</a>
final class FileFooter {
  private static final int BLOCK_BYTES = 24;

  /// Magic and length behind it included.
  private static final int AROUND_BYTES = 128;

  // Where things stand: the root's offset, the vtable of four fields, the table, two vectors.
  private static final int VTABLE = 4;
  private static final int TABLE = 16;
  private static final int SCHEMA = TABLE + 4;
  private static final int DICTIONARIES = TABLE + 8;
  private static final int BATCHES = TABLE + 12;
  private static final int VERSION = TABLE + 16;
  private static final int TABLE_BYTES = 20;
  private static final int FIRST_VECTOR = TABLE + TABLE_BYTES;

  /// Field of a message's table.
  private static final int HEADER_SLOT = 2;

  private static final int V5 = 4;

  private FileFooter() {}

  /// A message's place.
  record Block(long offset, int metadataBytes, long bodyBytes) {}

  /// Bytes at most, without the schema.
  static long bytes(int dictionaries, int batches) {
    return AROUND_BYTES + (long) BLOCK_BYTES * (dictionaries + batches);
  }

  /// @param schema the flatbuffer of a message whose header is a schema
  static ByteBuffer of(byte[] schema, List<Block> dictionaries, List<Block> batches) {
    int length = Math.toIntExact(bytes(dictionaries.size(), batches.size()) + schema.length);
    ByteBuffer out = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(0, TABLE);
    short[] vtable = {
      TABLE - VTABLE,
      TABLE_BYTES,
      VERSION - TABLE,
      SCHEMA - TABLE,
      DICTIONARIES - TABLE,
      BATCHES - TABLE
    };
    for (int i = 0; i < vtable.length; i++) {
      out.putShort(VTABLE + i * Short.BYTES, vtable[i]);
    }
    out.putInt(TABLE, TABLE - VTABLE);
    out.putShort(VERSION, (short) V5);
    int second = vector(out, DICTIONARIES, FIRST_VECTOR, dictionaries);
    int message = vector(out, BATCHES, second + Integer.BYTES, batches);
    out.put(message, schema);
    out.putInt(SCHEMA, message + header(schema) - SCHEMA);
    return out.limit(message + schema.length);
  }

  /// Writes the vector that the field at `field` points to; returns where it ends, a multiple of 8.
  private static int vector(ByteBuffer out, int field, int start, List<Block> blocks) {
    out.putInt(field, start - field);
    out.putInt(start, blocks.size());
    int at = start + Integer.BYTES; // A multiple of 8, as its longs need.
    for (Block block : blocks) {
      out.putLong(at, block.offset());
      out.putInt(at + 8, block.metadataBytes());
      out.putLong(at + 16, block.bodyBytes());
      at += BLOCK_BYTES;
    }
    return at;
  }

  /// Where the schema's table stands in its message.
  private static int header(byte[] message) {
    ByteBuffer bytes = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    int root = bytes.getInt(0);
    int vtable = root - bytes.getInt(root);
    int field = root + bytes.getShort(vtable + 4 + HEADER_SLOT * Short.BYTES);
    return field + bytes.getInt(field);
  }
}
