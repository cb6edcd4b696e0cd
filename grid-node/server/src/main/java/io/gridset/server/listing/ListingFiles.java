package io.gridset.server.listing;

import io.gridset.server.tree.DirectoryKey;
import io.gridset.server.tree.ListingCopy;
import io.gridset.server.tree.ListingCopy.Standing;
import io.gridset.server.tree.ListingShelf;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listings in files: `<root>/<dataset uid>/<hash of the directory>`, each a checksum, the
/// directory's names and the encoded listing; the file's modification time is when the origin told
/// it. Put in place by a rename and never flushed: a crash may cost the newest, a damaged one is
/// taken for none. Bounded; the oldest go first. Thread-safe.
public final class ListingFiles implements ListingShelf {
  private static final Logger LOG = LoggerFactory.getLogger(ListingFiles.class);

  /// All listings together: a hundred million names of small directories, and little beside a tier.
  public static final long DEFAULT_LIMIT_BYTES = 1L << 30;

  /// How much stays after dropping the oldest, so that not every new listing drops one.
  private static final double FILL_AFTER_DROP = 0.9;

  private static final int MAGIC = 0x47534C31; // GSL1

  private final Path root;
  private final long limitBytes;
  private final InstantSource clock;
  private final Object lock = new Object();

  /// Guarded by lock: bytes in files; below 0 while they have not been counted.
  private long totalBytes = -1;

  private record Kept(Path path, long bytes, FileTime at) {}

  /// @param root need not exist
  public ListingFiles(Path root, long limitBytes, InstantSource clock) {
    this.root = root;
    this.limitBytes = limitBytes;
    this.clock = clock;
  }

  @Override
  public Optional<ListingCopy> find(DirectoryKey directory) {
    Path path = path(directory);
    try {
      byte[] content = Files.readAllBytes(path);
      Instant at = Files.getLastModifiedTime(path).toInstant();
      byte[] encoded = encoded(directory, content);
      if (encoded == null) {
        LOG.warn("a kept listing is damaged and not used: {}", path);
        return Optional.empty();
      }
      Duration age = Duration.between(at, clock.instant());
      long nanos = age.compareTo(Duration.ofDays(36_500)) > 0 ? Long.MAX_VALUE : age.toNanos();
      return Optional.of(new ListingCopy(encoded, nanos, Standing.STALE));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    } catch (IOException | ArithmeticException e) {
      LOG.warn("a kept listing cannot be read: {}", e.toString());
      return Optional.empty();
    }
  }

  @Override
  public void keep(DirectoryKey directory, ListingCopy listing) {
    Path path = path(directory);
    FileTime at = FileTime.from(clock.instant().minusNanos(listing.ageNanos()));
    byte[] content = content(directory, listing.encoded());
    try {
      synchronized (lock) {
        if (Files.exists(path) && Arrays.equals(Files.readAllBytes(path), content)) {
          Files.setLastModifiedTime(path, at);
          return;
        }
        long before = Files.exists(path) ? Files.size(path) : 0;
        write(path, content, at);
        count(content.length - before);
      }
    } catch (IOException e) {
      LOG.warn("a listing cannot be kept: {}", e.toString());
    }
  }

  @Override
  public void discard(String datasetUid) {
    synchronized (lock) {
      try {
        for (Kept kept : files(root.resolve(safe(datasetUid)))) {
          Files.deleteIfExists(kept.path);
        }
        Files.deleteIfExists(root.resolve(safe(datasetUid)));
      } catch (IOException e) {
        LOG.warn("listings of a deleted dataset stay behind: {}", e.toString());
      }
      totalBytes = -1;
    }
  }

  private static void write(Path path, byte[] content, FileTime at) throws IOException {
    Path directory = path.getParent();
    if (directory == null) {
      throw new IOException("a listing needs a directory");
    }
    Files.createDirectories(directory);
    Path draft = directory.resolve(path.getFileName() + ".new");
    Files.write(draft, content);
    Files.setLastModifiedTime(draft, at);
    Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private void count(long more) throws IOException {
    if (totalBytes < 0) {
      totalBytes = all().stream().mapToLong(Kept::bytes).sum();
    } else {
      totalBytes += more;
    }
    if (totalBytes > limitBytes) {
      dropOldest();
    }
  }

  private void dropOldest() throws IOException {
    List<Kept> oldestFirst = new ArrayList<>(all());
    oldestFirst.sort(Comparator.comparing(Kept::at));
    totalBytes = oldestFirst.stream().mapToLong(Kept::bytes).sum();
    for (Kept kept : oldestFirst) {
      if (totalBytes <= limitBytes * FILL_AFTER_DROP) {
        return;
      }
      Files.deleteIfExists(kept.path);
      totalBytes -= kept.bytes;
    }
  }

  private List<Kept> all() throws IOException {
    List<Kept> found = new ArrayList<>();
    if (Files.isDirectory(root)) {
      try (Stream<Path> datasets = Files.list(root)) {
        for (Path dataset : datasets.toList()) {
          found.addAll(files(dataset));
        }
      }
    }
    return found;
  }

  private static List<Kept> files(Path dataset) throws IOException {
    List<Kept> found = new ArrayList<>();
    if (Files.isDirectory(dataset)) {
      try (Stream<Path> names = Files.list(dataset)) {
        for (Path path : names.toList()) {
          found.add(new Kept(path, Files.size(path), Files.getLastModifiedTime(path)));
        }
      }
    }
    return found;
  }

  private Path path(DirectoryKey directory) {
    return root.resolve(safe(directory.datasetUid())).resolve(directory.ranked().version().id());
  }

  private static String safe(String datasetUid) {
    return datasetUid.replaceAll("[^A-Za-z0-9-]", "_");
  }

  private static byte[] content(DirectoryKey directory, byte[] encoded) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(encoded.length + 256);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(MAGIC);
      out.writeInt(checksum(encoded));
      out.writeUTF(directory.mount());
      out.writeUTF(directory.storePath());
      out.write(encoded);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot be kept: " + e.getMessage(), e);
    }
    return bytes.toByteArray();
  }

  private static byte @Nullable [] encoded(DirectoryKey directory, byte[] content)
      throws IOException {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(content))) {
      if (in.readInt() != MAGIC) {
        return null;
      }
      int checksum = in.readInt();
      if (!in.readUTF().equals(directory.mount()) || !in.readUTF().equals(directory.storePath())) {
        return null;
      }
      byte[] encoded = in.readAllBytes();
      return checksum(encoded) == checksum ? encoded : null;
    } catch (java.io.EOFException | java.io.UTFDataFormatException _) {
      return null;
    }
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
