package io.gridset.server.cluster;

import io.gridset.client.peer.ObjectLocator;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Blocks that a member which leaves offers to the one that is to keep them. The answer is a bit
/// set over `blocks`, in their order: what the receiver holds afterwards.
///
/// @param from the member that has the blocks
/// @param blockBytes its block size
/// @param time how long the receiver may take
record Offer(String from, int blockBytes, Duration time, List<Block> blocks) {
  /// Blocks of one offer: a GiB at 4 MiB each.
  static final int MAX_BLOCKS = 256;

  /// Bytes of all paths and tags of one offer: the request must stay below 1 MiB.
  static final int MAX_TEXT_BYTES = 512 << 10;

  private static final int FORMAT = 1;

  Offer {
    blocks = List.copyOf(blocks);
  }

  /// One block of a file.
  record Block(ObjectLocator file, int index) {}

  /// What a locator adds to the text of an offer.
  static int textBytes(ObjectLocator file) {
    String etag = file.identity().etag();
    return utf8(file.datasetUid()).length
        + utf8(file.mount()).length
        + utf8(file.storePath()).length
        + (etag == null ? 0 : utf8(etag).length);
  }

  byte[] encoded() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    try {
      out.writeByte(FORMAT);
      writeText(out, from);
      out.writeInt(blockBytes);
      out.writeLong(time.toMillis());
      out.writeInt(blocks.size());
      ObjectLocator last = null;
      for (Block block : blocks) {
        boolean same = block.file().equals(last);
        out.writeBoolean(same);
        if (!same) {
          write(out, block.file());
          last = block.file();
        }
        out.writeInt(block.index());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Memory does not fail.
    }
    return bytes.toByteArray();
  }

  /// @throws StorageException INVALID for anything but an offer
  static Offer decode(byte[] request) throws StorageException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(request));
    try {
      if (in.readByte() != FORMAT) {
        throw StorageException.of(Kind.UNSUPPORTED, "an offer of blocks in another format");
      }
      String from = readText(in);
      int blockBytes = in.readInt();
      Duration time = Duration.ofMillis(Math.max(0, in.readLong()));
      int count = in.readInt();
      if (count < 0 || count > MAX_BLOCKS) {
        throw StorageException.of(Kind.INVALID, "an offer of " + count + " blocks");
      }
      List<Block> blocks = new ArrayList<>(count);
      ObjectLocator last = null;
      for (int i = 0; i < count; i++) {
        last = in.readBoolean() && last != null ? last : read(in);
        blocks.add(new Block(last, in.readInt()));
      }
      return new Offer(from, blockBytes, time, blocks);
    } catch (StorageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw StorageException.of(Kind.INVALID, "not an offer of blocks: " + e, e);
    }
  }

  private static void write(DataOutputStream out, ObjectLocator file) throws IOException {
    writeText(out, file.datasetUid());
    writeText(out, file.mount());
    writeText(out, file.storePath());
    ObjectIdentity identity = file.identity();
    out.writeLong(identity.sizeBytes());
    Instant modified = identity.modified();
    out.writeBoolean(modified != null);
    if (modified != null) {
      out.writeLong(modified.getEpochSecond());
      out.writeInt(modified.getNano());
    }
    String etag = identity.etag();
    out.writeBoolean(etag != null);
    if (etag != null) {
      writeText(out, etag);
    }
  }

  private static ObjectLocator read(DataInputStream in) throws IOException {
    String uid = readText(in);
    String mount = readText(in);
    String path = readText(in);
    long size = in.readLong();
    @Nullable Instant modified =
        in.readBoolean() ? Instant.ofEpochSecond(in.readLong(), in.readInt()) : null;
    @Nullable String etag = in.readBoolean() ? readText(in) : null;
    return new ObjectLocator(uid, mount, path, new ObjectIdentity(size, modified, etag));
  }

  private static void writeText(DataOutputStream out, String text) throws IOException {
    byte[] bytes = utf8(text);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String readText(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > in.available()) {
      throw new IOException("a text of " + length + " bytes");
    }
    return new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
