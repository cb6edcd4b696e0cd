package io.gridset.server.object.grid;

import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.ObjectLocator;
import io.gridset.client.peer.Presence;
import io.gridset.core.block.ByteRange;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.object.LocalObjectStore;
import io.gridset.server.object.ObjectFile;
import io.gridset.server.peer.HeldBlock;
import io.gridset.server.peer.PeerCaller;
import io.gridset.server.peer.PeerService;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/// Gives other members ranges of the objects that this one holds, straight from their mapping;
/// everything else is answered by the service behind it. Readers get no objects: their tokens name
/// datasets. Thread-safe.
public final class ObjectGiver implements PeerService {
  private final LocalObjectStore store;
  private final PeerService blocks;

  public ObjectGiver(LocalObjectStore store, PeerService blocks) {
    this.store = store;
    this.blocks = blocks;
  }

  private static boolean isObject(String uid) {
    return uid.equals(ObjectRanges.UID);
  }

  private static boolean isObject(BlockRequest request) {
    return isObject(request.object().datasetUid());
  }

  @Override
  public boolean isForMembers(String uid) {
    return isObject(uid) || blocks.isForMembers(uid);
  }

  @Override
  public Optional<HeldBlock> held(BlockRequest request) throws StorageException {
    return isObject(request) ? range(request) : blocks.held(request);
  }

  @Override
  public boolean isComing(BlockRequest request) {
    return !isObject(request) && blocks.isComing(request);
  }

  @Override
  public HeldBlock bring(BlockRequest request) throws StorageException {
    return isObject(request)
        ? range(request)
            .orElseThrow(
                () ->
                    StorageException.of(
                        Kind.NOT_FOUND,
                        "the object " + request.object().storePath() + " is not held here"))
        : blocks.bring(request);
  }

  @Override
  public Presence presence(FileVersion version) {
    return blocks.presence(version);
  }

  @Override
  public Optional<DatasetName> datasetName(String uid) {
    return isObject(uid) ? Optional.empty() : blocks.datasetName(uid);
  }

  @Override
  public void requireRead(PeerCaller caller, ObjectLocator object) throws StorageException {
    if (isObject(object.datasetUid())) {
      caller.requireMember();
    } else {
      blocks.requireRead(caller, object);
    }
  }

  private Optional<HeldBlock> range(BlockRequest request) throws StorageException {
    String id = Optional.ofNullable(request.object().identity().etag()).orElse("");
    Optional<ObjectFile> open = store.openHeld(id);
    if (open.isEmpty()) {
      return Optional.empty();
    }
    try (ObjectFile file = open.get()) {
      if (file.entry().sizeBytes() != request.object().identity().sizeBytes()) {
        throw StorageException.of(
            Kind.INVALID, "object " + id + " has " + file.entry().sizeBytes() + " bytes");
      }
      ByteRange range = request.layout().range(request.index());
      PinnedBytes bytes = file.read(range.offset(), (int) range.length());
      CRC32C crc = new CRC32C();
      for (ByteBuffer part : bytes.buffers()) {
        crc.update(part.duplicate());
      }
      return Optional.of(new HeldBlock(bytes, (int) crc.getValue()));
    }
  }
}
