package io.gridset.server.tree;

import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/// Listings as bytes: a version, then deflated entries in order and the CRC32C of what was
/// deflated. What is decoded goes through a [ListingBuilder], so that neither a damaged file nor
/// another member can bring in names that no store may list. Pure.
final class ListingCodec {
  private static final int VERSION = 1;

  /// Longest name and entity tag that are read, in bytes: stores allow less than 1 KiB and HTTP
  /// headers 8 KiB.
  private static final int MAX_TEXT_BYTES = 16 << 10;

  private static final int DIRECTORY = 0;
  private static final int FILE = 1;
  private static final int UNRESOLVED = 2;
  private static final int RESOLVED = 3;
  private static final int GONE = 4;

  private static final int HAS_TIME = 8;
  private static final int HAS_NANOS = 16;
  private static final int HAS_ETAG = 32;

  private ListingCodec() {}

  static byte[] encode(Listing listing) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(64 + listing.count() * 8);
    bytes.write(VERSION);
    Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    CRC32C crc = new CRC32C();
    try (DeflaterOutputStream packed = new DeflaterOutputStream(bytes, deflater);
        DataOutputStream out = new DataOutputStream(new CheckedOutputStream(packed, crc))) {
      writeNumber(out, listing.count());
      writeNumber(out, listing.skipped());
      for (int i = 0; i < listing.count(); i++) {
        writeText(out, listing.rawName(i));
        writeEntry(out, listing, i);
      }
      out.writeInt((int) crc.getValue());
    } catch (IOException e) {
      throw new IllegalStateException("memory takes bytes", e);
    } finally {
      deflater.end();
    }
    return bytes.toByteArray();
  }

  private static void writeEntry(DataOutputStream out, Listing listing, int index)
      throws IOException {
    ObjectIdentity identity = listing.identity(index);
    if (listing.isDirectory(index)) {
      out.writeByte(DIRECTORY);
    } else if (listing.isGone(index)) {
      out.writeByte(GONE);
    } else if (identity == null) {
      out.writeByte(UNRESOLVED);
    } else {
      writeIdentity(out, listing.isListedExactly(index) ? FILE : RESOLVED, identity);
    }
  }

  private static void writeIdentity(DataOutputStream out, int kind, ObjectIdentity identity)
      throws IOException {
    Instant modified = identity.modified();
    String etag = identity.etag();
    int nanos = modified == null ? 0 : modified.getNano();
    out.writeByte(
        kind
            | (modified == null ? 0 : HAS_TIME)
            | (nanos == 0 ? 0 : HAS_NANOS)
            | (etag == null ? 0 : HAS_ETAG));
    writeNumber(out, identity.sizeBytes());
    if (modified != null) {
      out.writeLong(modified.getEpochSecond());
    }
    if (nanos != 0) {
      out.writeInt(nanos);
    }
    if (etag != null) {
      writeText(out, etag.getBytes(StandardCharsets.UTF_8));
    }
  }

  /// @param mountNames names that are directories of this node's tree whatever the listing says
  /// @throws StorageException CORRUPT when the bytes are no listing, or another version of it
  static Listing decode(byte[] encoded, Collection<String> mountNames) throws StorageException {
    if (encoded.length == 0 || encoded[0] != VERSION) {
      throw StorageException.of(Kind.CORRUPT, "a listing in a form that this version cannot read");
    }
    CRC32C crc = new CRC32C();
    InputStream packed = new ByteArrayInputStream(encoded, 1, encoded.length - 1);
    try (DataInputStream in =
        new DataInputStream(
            new CheckedInputStream(
                new BufferedInputStream(new InflaterInputStream(packed)), crc))) {
      long count = readNumber(in);
      long skipped = readNumber(in);
      if (count > Integer.MAX_VALUE || skipped > Integer.MAX_VALUE) {
        throw new IOException("numbers out of range");
      }
      ListingBuilder builder = new ListingBuilder(mountNames);
      builder.skip((int) skipped);
      Later later = new Later();
      for (long i = 0; i < count; i++) {
        readEntry(in, builder, later);
      }
      int expected = (int) crc.getValue();
      if (in.readInt() != expected) {
        throw new IOException("its checksum is another");
      }
      Listing listing = builder.build();
      later.resolve(listing);
      return listing;
    } catch (IOException | IllegalArgumentException | DateTimeException e) {
      throw StorageException.of(Kind.CORRUPT, "a damaged listing: " + e.getMessage(), e);
    }
  }

  /// Identities that `head` told, to be put in when the listing is there.
  private static final class Later {
    private final List<byte[]> names = new ArrayList<>();
    private final List<@Nullable ObjectIdentity> identities = new ArrayList<>();

    void add(byte[] name, @Nullable ObjectIdentity identity) {
      names.add(name);
      identities.add(identity);
    }

    void resolve(Listing listing) {
      for (int i = 0; i < names.size(); i++) {
        int index = listing.indexOf(new String(names.get(i), StandardCharsets.UTF_8));
        if (index >= 0 && listing.needsHead(index)) {
          var _ = listing.resolve(index, identities.get(i));
        }
      }
    }
  }

  private static void readEntry(DataInputStream in, ListingBuilder builder, Later later)
      throws IOException {
    byte[] name = readText(in);
    int flags = in.readUnsignedByte();
    switch (flags & 7) {
      case DIRECTORY -> builder.add(name, Listing.DIRECTORY, null);
      case UNRESOLVED -> builder.add(name, Listing.UNRESOLVED, null);
      case GONE -> {
        builder.add(name, Listing.UNRESOLVED, null);
        later.add(name, null);
      }
      case FILE -> {
        ObjectIdentity identity = readIdentity(in, flags);
        builder.add(name, identity.sizeBytes(), identity);
      }
      case RESOLVED -> {
        builder.add(name, Listing.UNRESOLVED, null);
        later.add(name, readIdentity(in, flags));
      }
      default -> throw new IOException("an entry of no known kind");
    }
  }

  private static ObjectIdentity readIdentity(DataInputStream in, int flags) throws IOException {
    long size = readNumber(in);
    long seconds = (flags & HAS_TIME) == 0 ? 0 : in.readLong();
    int nanos = (flags & HAS_NANOS) == 0 ? 0 : in.readInt();
    String etag = (flags & HAS_ETAG) == 0 ? null : new String(readText(in), StandardCharsets.UTF_8);
    Instant modified = (flags & HAS_TIME) == 0 ? null : Instant.ofEpochSecond(seconds, nanos);
    return new ObjectIdentity(size, modified, etag);
  }

  private static void writeText(DataOutputStream out, byte[] utf8) throws IOException {
    writeNumber(out, utf8.length);
    out.write(utf8);
  }

  private static byte[] readText(DataInputStream in) throws IOException {
    long length = readNumber(in);
    if (length > MAX_TEXT_BYTES) {
      throw new IOException("a text of " + length + " bytes");
    }
    byte[] utf8 = new byte[(int) length];
    in.readFully(utf8);
    return utf8;
  }

  /// A number from 0 up, seven bits a byte, lowest first.
  private static void writeNumber(OutputStream out, long number) throws IOException {
    long rest = number;
    while (rest > 0x7F) {
      out.write((int) (rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  private static long readNumber(DataInputStream in) throws IOException {
    long number = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      int next = in.readUnsignedByte();
      number |= (long) (next & 0x7F) << shift;
      if (next < 0x80) {
        return number;
      }
    }
    throw new IOException("a number of more than nine bytes");
  }
}
