package io.gridset.server.object;

import io.gridset.core.object.ObjectInfo;
import io.gridset.core.store.StorageException;
import io.gridset.server.cache.mapping.Mapping;
import io.gridset.server.cache.mapping.NativeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds again what an earlier process left: an object whose record and bytes agree is held again,
/// in the order in which they were made, if the catalog has nothing against it. All else goes.
final class Rescan {
  private static final Logger log = LoggerFactory.getLogger(Rescan.class);
  private static final int WRITE_BITS = 0222;

  private final Holding holding;
  private final Shelf shelf;
  private final ObjectCatalog catalog;
  private final Set<Path> sound = new HashSet<>();

  Rescan(Holding holding, Shelf shelf, ObjectCatalog catalog) {
    this.holding = holding;
    this.shelf = shelf;
    this.catalog = catalog;
  }

  /// @param onDisk records of the disk's copies
  /// @param node this one
  void run(List<ObjectRecord> onDisk, String node) throws StorageException {
    Map<String, ObjectRecord> found = new HashMap<>();
    onDisk.forEach(record -> found.put(record.id(), record));
    holding.records().readAll().forEach(kept -> found.put(kept.record().id(), kept.record()));
    List<HeldObject> held = new ArrayList<>();
    for (ObjectRecord record : found.values()) {
      if (!adopt(record.heldBy(List.of(node)), held)) {
        log.warn("The bytes of {} are gone", record.name());
        holding.records().remove(record.id());
      }
    }
    removeStrangers();
    held.sort(
        Comparator.comparing((HeldObject object) -> object.record().info().created())
            .thenComparing(object -> object.record().id()));
    for (HeldObject object : held) {
      announce(object);
    }
  }

  private boolean adopt(ObjectRecord record, List<HeldObject> held) throws StorageException {
    Path segment = holding.segments().sealed(record.id());
    DiskCopies disk = holding.disk();
    Optional<Long> bytes = soundBytes(record, segment);
    if (bytes.isEmpty() && record.payload() == null && (disk == null || !disk.has(record.id()))) {
      return false;
    }
    HeldObject object = new HeldObject(record, holding);
    if (bytes.isPresent()) {
      sound.add(segment);
      holding.segments().ledger().add(bytes.get());
      object.adopt(segment, bytes.get(), HeldObject.Seen.BY_ANYBODY);
    }
    object.keepRecord();
    held.add(object);
    return true;
  }

  /// What a sealed file takes, if it is what the record says and nobody can write to it.
  private static Optional<Long> soundBytes(ObjectRecord record, Path segment) {
    ObjectInfo info = record.info();
    try (NativeFile file = NativeFile.openForReading(segment)) {
      NativeFile.Figures figures = file.figures();
      if (figures.bytes() != info.bytes()
          || (figures.permissions() & WRITE_BITS) != 0
          || !file.tryUnwritten()) {
        return Optional.empty();
      }
      try (Mapping mapping = Mapping.readOnly(file, 0, info.bytes())) {
        IpcFile ipc = IpcFile.check(IpcBytes.of(mapping, info.bytes()));
        return ipc.rows() == info.rows() && ipc.batches() == info.batches()
            ? Optional.of(figures.allocatedBytes())
            : Optional.empty();
      }
    } catch (StorageException e) {
      return Optional.empty();
    }
  }

  private void removeStrangers() throws StorageException {
    try (var files = Files.newDirectoryStream(holding.segments().sealed())) {
      for (Path file : files) {
        if (!sound.contains(file)) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw Failures.of("cannot look through the sealed segments", e);
    }
  }

  private void announce(HeldObject object) throws StorageException {
    ObjectRecord record = object.record();
    shelf.add(object);
    if (catalog.restore(record)) {
      object.published();
    } else {
      shelf.remove(object);
      object.end();
    }
  }
}
