package io.gridset.server.object;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.store.StorageException;
import io.gridset.server.cache.mapping.NativeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A directory of records, `<id>.json` each, written whole or not at all.
///
/// @param durable whether a record that was written or removed stays so over a power failure
record RecordFiles(Path directory, boolean durable) {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String SUFFIX = ".json";
  private static final String UNFINISHED = ".tmp";
  private static final String CHECKSUM = "crc32c";

  /// @param checksum CRC32C of the copy that the record goes with; 0 where there is none
  record Kept(ObjectRecord record, long checksum) {}

  /// Writes a record; returns the bytes that it takes.
  long write(ObjectRecord record, long checksum) throws StorageException {
    ObjectNode tree = ObjectRecordCodec.tree(record);
    tree.put(CHECKSUM, checksum);
    Path unfinished = directory.resolve(record.id() + UNFINISHED);
    byte[] text;
    try {
      text = JSON.writeValueAsBytes(tree);
      try (NativeFile file = NativeFile.openOrCreate(unfinished)) {
        file.resize(0);
        file.write(ByteBuffer.wrap(text), 0);
        if (durable) {
          file.sync();
        }
      }
      Files.move(unfinished, path(record.id()), StandardCopyOption.ATOMIC_MOVE);
      syncNames();
    } catch (IOException e) {
      throw Failures.of("cannot write the record of " + record.name(), e);
    }
    return text.length;
  }

  /// Removes a record if there is one.
  void remove(String id) throws StorageException {
    try {
      if (Files.deleteIfExists(path(id))) {
        syncNames();
      }
    } catch (IOException e) {
      throw Failures.of("cannot remove the record " + path(id), e);
    }
  }

  /// All records; what is none, cut off or of another name is removed.
  List<Kept> readAll() throws StorageException {
    List<Kept> all = new ArrayList<>();
    try (var files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        Optional<Kept> kept = read(file);
        if (kept.isPresent()) {
          all.add(kept.get());
        } else {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw Failures.of("cannot read the records in " + directory, e);
    }
    return all;
  }

  private Optional<Kept> read(Path file) throws IOException {
    try {
      JsonNode tree = JSON.readTree(Files.readAllBytes(file));
      return ObjectRecordCodec.decode(tree)
          .filter(record -> path(record.id()).equals(file))
          .map(record -> new Kept(record, tree.path(CHECKSUM).asLong()));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private void syncNames() throws StorageException {
    if (durable) {
      syncNames(directory);
    }
  }

  /// Waits until the names in a directory are on the device.
  static void syncNames(Path directory) throws StorageException {
    try (NativeFile names = NativeFile.openForReading(directory)) {
      names.sync();
    }
  }

  private Path path(String id) {
    return directory.resolve(id + SUFFIX);
  }
}
