package io.gridset.client.peer;

import io.gridset.client.wire.Frame;
import io.gridset.client.wire.FrameType;
import io.gridset.client.wire.FrameWriter;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.BitSet;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// Questions and answers as frames, both ways. What does not make sense is CORRUPT.
public final class PeerCodec {
  /// First bytes of a hello.
  public static final int MAGIC = 0x47_53_44_50;

  /// Both sides must speak the same one.
  public static final int VERSION = 1;

  private static final int ABSENT = 0;
  private static final int GIVEN = 1;

  private PeerCodec() {}

  public static ByteBuffer encode(BlockRequest request) {
    ObjectLocator object = request.object();
    ObjectIdentity identity = object.identity();
    FrameWriter frame =
        FrameWriter.of(FrameType.BLOCK)
            .writeText(object.datasetUid())
            .writeText(object.mount())
            .writeText(object.storePath())
            .writeLong(identity.sizeBytes());
    @Nullable Instant modified = identity.modified();
    if (modified == null) {
      frame.writeByte(ABSENT);
    } else {
      frame.writeByte(GIVEN).writeLong(modified.getEpochSecond()).writeInt(modified.getNano());
    }
    @Nullable String etag = identity.etag();
    if (etag == null) {
      frame.writeByte(ABSENT);
    } else {
      frame.writeByte(GIVEN).writeText(etag);
    }
    return frame
        .writeInt(request.blockBytes())
        .writeInt(request.index())
        .writeText(request.mode().name())
        .writeText(request.copyAt())
        .finish();
  }

  public static BlockRequest decodeBlock(Frame frame) throws StorageException {
    try {
      String datasetUid = frame.readText();
      String mount = frame.readText();
      String path = frame.readText();
      long size = frame.readLong();
      @Nullable Instant modified =
          frame.readByte() == ABSENT
              ? null
              : Instant.ofEpochSecond(frame.readLong(), frame.readInt());
      @Nullable String etag = frame.readByte() == ABSENT ? null : frame.readText();
      ObjectLocator object =
          new ObjectLocator(datasetUid, mount, path, new ObjectIdentity(size, modified, etag));
      BlockLayout layout = new BlockLayout(size, frame.readInt());
      int index = frame.readInt();
      var _ = layout.range(index).length();
      BlockRequest.Mode mode = BlockRequest.Mode.valueOf(frame.readText());
      BlockRequest request =
          new BlockRequest(object, layout.blockBytes(), index, mode, frame.readText());
      frame.end();
      return request;
    } catch (IllegalArgumentException | IndexOutOfBoundsException | DateTimeException e) {
      throw StorageException.of(
          Kind.CORRUPT, "the request for a block makes no sense: " + e.getMessage(), e);
    }
  }

  static ByteBuffer encodePresence(FileVersion version) {
    return FrameWriter.of(FrameType.PRESENCE).writeRest(version.bytes()).finish();
  }

  public static FileVersion decodeVersion(Frame frame) throws StorageException {
    try {
      return new FileVersion(HexFormat.of().formatHex(frame.readRest()));
    } catch (IllegalArgumentException e) {
      throw StorageException.of(Kind.CORRUPT, "that is no file version", e);
    }
  }

  public static ByteBuffer encode(Presence presence) {
    return FrameWriter.of(FrameType.PRESENT)
        .writeBytes(presence.present().toByteArray())
        .writeBytes(presence.coming().toByteArray())
        .finish();
  }

  static Presence decodePresent(Frame frame) throws StorageException {
    Presence presence =
        new Presence(BitSet.valueOf(frame.readBytes()), BitSet.valueOf(frame.readBytes()));
    frame.end();
    return presence;
  }

  static ByteBuffer encodeCall(String operation, byte[] request) {
    return FrameWriter.of(FrameType.CALL).writeText(operation).writeRest(request).finish();
  }
}
