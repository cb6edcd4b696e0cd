package io.gridset.csi;

import io.gridset.client.WireJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The volumes of this node, each in a file of its own, written whole and renamed. Those of before
/// the machine's last start are dropped: their mounts went with it, and a kubelet publishes anew.
/// Thread-safe; callers serialise what they do with one volume.
final class VolumeBook {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeBook.class);
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final String SUFFIX = ".json";
  private static final int NAME_CHARACTERS = 24;

  private final Path directory;
  private final Map<String, VolumeRecord> volumes = new ConcurrentHashMap<>();

  VolumeBook(Path stateDirectory) throws IOException {
    this.directory = Files.createDirectories(stateDirectory.resolve("volumes"));
    Path boot = stateDirectory.resolve("boot-id");
    String now = Files.readString(BOOT_ID).strip();
    boolean sameBoot = Files.exists(boot) && Files.readString(boot).strip().equals(now);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      for (Path file : files) {
        if (sameBoot) {
          read(file);
        } else {
          Files.delete(file);
        }
      }
    }
    Files.writeString(boot, now + "\n");
  }

  private void read(Path file) {
    try {
      VolumeRecord volume = WireJson.mapper().readValue(file.toFile(), VolumeRecord.class);
      volumes.put(volume.volumeId(), volume);
    } catch (IOException e) {
      LOG.warn("{} cannot be read, its volume is forgotten: {}", file, e.getMessage());
    }
  }

  List<VolumeRecord> all() {
    return List.copyOf(volumes.values());
  }

  Optional<VolumeRecord> find(String volumeId) {
    return Optional.ofNullable(volumes.get(volumeId));
  }

  /// Whether a volume is staged or published that would lose its mount with this one.
  boolean inUse(FuseVolume fuse) {
    return volumes.values().stream()
        .anyMatch(volume -> volume.fuse().sharesItsServerWith(fuse) && !volume.unused());
  }

  void put(VolumeRecord volume) throws IOException {
    Path file = file(volume.volumeId());
    Path next = file.resolveSibling(file.getFileName() + ".new");
    WireJson.mapper().writeValue(next.toFile(), volume);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    volumes.put(volume.volumeId(), volume);
  }

  void forget(String volumeId) throws IOException {
    Files.deleteIfExists(file(volumeId));
    volumes.remove(volumeId);
  }

  private Path file(String volumeId) {
    return directory.resolve(shortName(volumeId) + SUFFIX);
  }

  /// A file name for any text; short, because the paths of Unix sockets must be.
  static String shortName(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, NAME_CHARACTERS);
    } catch (NoSuchAlgorithmException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }
}
