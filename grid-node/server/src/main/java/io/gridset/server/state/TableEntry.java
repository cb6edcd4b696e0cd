package io.gridset.server.state;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One version of an entry of a [SharedTable], as its bytes: the version (big-endian), then the
/// body, which a deleted entry does not have. Immutable.
public final class TableEntry {
  private final byte[] encoded;

  private TableEntry(byte[] encoded) {
    this.encoded = encoded;
  }

  /// @param body at least one byte
  public static TableEntry of(long version, ByteBuffer body) {
    if (!body.hasRemaining()) {
      throw new IllegalArgumentException("an entry without a body is a deleted one");
    }
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + body.remaining());
    bytes.putLong(version).put(body.duplicate());
    return new TableEntry(bytes.array());
  }

  /// That there was an entry and is none any more.
  public static TableEntry deleted(long version) {
    return new TableEntry(ByteBuffer.allocate(Long.BYTES).putLong(version).array());
  }

  /// Reads [#encoded()] back.
  ///
  /// @throws IllegalArgumentException for what is too short
  public static TableEntry decode(byte[] encoded) {
    if (encoded.length < Long.BYTES) {
      throw new IllegalArgumentException("an entry of " + encoded.length + " bytes");
    }
    return new TableEntry(encoded.clone());
  }

  public byte[] encoded() {
    return encoded.clone();
  }

  /// Grows with every change of the table, as a Lamport clock does.
  public long version() {
    return ByteBuffer.wrap(encoded).getLong();
  }

  public boolean isDeleted() {
    return encoded.length == Long.BYTES;
  }

  /// Read-only; empty when deleted.
  public ByteBuffer body() {
    return ByteBuffer.wrap(encoded, Long.BYTES, encoded.length - Long.BYTES)
        .slice()
        .asReadOnlyBuffer();
  }

  /// What it takes in memory.
  public int byteCount() {
    return encoded.length;
  }

  /// Whether this one wins over `other` of the same key: the higher version, then the deletion,
  /// then the longer one, then an order of the contents (arbitrary, but the same on every member).
  public boolean supersedes(@Nullable TableEntry other) {
    if (other == null || version() != other.version()) {
      return other == null || version() > other.version();
    }
    if (isDeleted() != other.isDeleted()) {
      return isDeleted();
    }
    return encoded.length == other.encoded.length
        ? Arrays.compareUnsigned(encoded, other.encoded) > 0
        : encoded.length > other.encoded.length;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TableEntry entry && Arrays.equals(encoded, entry.encoded);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(encoded);
  }

  /// Without the body, which is somebody's data.
  @Override
  public String toString() {
    return version() + (isDeleted() ? " deleted" : ": " + (encoded.length - Long.BYTES) + " bytes");
  }
}
