package io.gridset.server.store.local;

import io.gridset.core.block.ByteRange;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.StoreEntry;
import io.gridset.core.store.UnderStore;
import io.gridset.server.store.mount.MountOptions;
import io.gridset.server.store.mount.StorePath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A directory, read in place. A file's version is its modification time (nanoseconds) and size,
/// compared before and after each read. Thread-safe. The kernel's file systems know no deadlines: a
/// dead NFS server can hold a call up, as it would any other program's.
public final class LocalUnderStore implements UnderStore {
  private static final Logger log = LoggerFactory.getLogger(LocalUnderStore.class);
  private static final int BUFFER_BYTES = 256 << 10;

  /// Readers at a time seldom exceed this; more allocate their own buffer.
  private static final int MAX_SPARE_BUFFERS = 32;

  private final ArrayBlockingQueue<ByteBuffer> spare = new ArrayBlockingQueue<>(MAX_SPARE_BUFFERS);
  private final Path root;
  private final String description;

  private LocalUnderStore(Path root, String description) {
    this.root = root;
    this.description = description;
  }

  /// Opens `local:///path`, `file:///path` or `/path`.
  ///
  /// @throws StorageException NOT_FOUND when there is no such directory
  public static LocalUnderStore open(MountOptions options) throws StorageException {
    String point = options.mount().mountPoint();
    int scheme = point.indexOf("://");
    String text = scheme < 0 ? point : point.substring(scheme + 3);
    if (!text.startsWith("/")) {
      throw options.invalid("write mountPoint with an absolute path, like local:///data");
    }
    try {
      Path real = Path.of(text).toRealPath();
      if (!Files.isDirectory(real)) {
        throw options.invalid("it is not a directory");
      }
      return new LocalUnderStore(real, "local://" + real);
    } catch (NoSuchFileException e) {
      throw StorageException.of(
          Kind.NOT_FOUND, "mount " + options.mount().name() + ": there is no directory " + text, e);
    } catch (InvalidPathException | IOException e) {
      throw translate(text, e);
    }
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public void list(String directory, Consumer<StoreEntry> sink) throws StorageException {
    Path path = resolve(directory);
    long leftOut = 0;
    try (DirectoryStream<Path> names = Files.newDirectoryStream(path)) {
      for (Path child : names) {
        leftOut += emit(child, sink);
      }
    } catch (NotDirectoryException e) {
      throw StorageException.of(Kind.NOT_FOUND, what(directory) + " is not a directory", e);
    } catch (DirectoryIteratorException e) {
      throw StorageException.of(Kind.UNAVAILABLE, what(directory) + " cannot be listed", e);
    } catch (IOException e) {
      throw translate(what(directory), e);
    }
    if (leftOut > 0) {
      log.warn(
          "{}: {} entries left out: links that lead out of the mount, or not files",
          what(directory),
          leftOut);
    }
  }

  private long emit(Path child, Consumer<StoreEntry> sink) throws IOException {
    try {
      Path real = child.toRealPath();
      BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
      String name = Objects.requireNonNull(child.getFileName()).toString();
      boolean named = real.startsWith(root) && StorePath.isName(name);
      if (named && attributes.isDirectory()) {
        sink.accept(new StoreEntry.Directory(name));
        return 0;
      }
      if (named && attributes.isRegularFile()) {
        sink.accept(new StoreEntry.ObjectFile(name, identity(attributes)));
        return 0;
      }
      return 1;
    } catch (FileSystemException e) {
      // Gone meanwhile, a dangling or circular link, or not ours to look at.
      return 1;
    }
  }

  @Override
  public Optional<ObjectIdentity> head(String path) throws StorageException {
    try {
      BasicFileAttributes attributes =
          Files.readAttributes(resolve(path), BasicFileAttributes.class);
      return attributes.isRegularFile() ? Optional.of(identity(attributes)) : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (StorageException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    } catch (IOException e) {
      throw translate(what(path), e);
    }
  }

  @Override
  public void read(String path, ObjectIdentity expected, ByteRange range, RangeSink sink)
      throws StorageException {
    Path real = resolve(path);
    if (range.end() > expected.sizeBytes()) {
      throw StorageException.of(
          Kind.INVALID, what(path) + ": the range ends beyond the file's end");
    }
    try (FileChannel file = FileChannel.open(real, StandardOpenOption.READ)) {
      Object key = check(path, real, expected);
      transfer(path, file, range, sink);
      if (!Objects.equals(key, check(path, real, expected))) {
        throw changed(path);
      }
    } catch (StorageException e) {
      throw e;
    } catch (IOException e) {
      throw translate(what(path), e);
    }
  }

  /// Returns the file's key: device and inode.
  private Object check(String path, Path real, ObjectIdentity expected) throws IOException {
    BasicFileAttributes now = Files.readAttributes(real, BasicFileAttributes.class);
    if (!now.isRegularFile()
        || now.size() != expected.sizeBytes()
        || !now.lastModifiedTime().toInstant().equals(expected.modified())) {
      throw changed(path);
    }
    return now.fileKey();
  }

  private void transfer(String path, FileChannel file, ByteRange range, RangeSink sink)
      throws IOException {
    ByteBuffer pooled = spare.poll();
    ByteBuffer buffer = pooled == null ? ByteBuffer.allocateDirect(BUFFER_BYTES) : pooled;
    try {
      transfer(path, file, range, new Target(buffer, sink));
    } finally {
      boolean _ = spare.offer(buffer);
    }
  }

  private record Target(ByteBuffer buffer, RangeSink sink) {}

  private void transfer(String path, FileChannel file, ByteRange range, Target target)
      throws IOException {
    ByteBuffer buffer = target.buffer();
    long position = range.offset();
    while (position < range.end()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), range.end() - position));
      int count = file.read(buffer, position);
      if (count < 0) {
        throw changed(path);
      }
      position += count;
      target.sink().accept(buffer.flip());
    }
  }

  private static ObjectIdentity identity(BasicFileAttributes attributes) {
    return new ObjectIdentity(attributes.size(), attributes.lastModifiedTime().toInstant(), null);
  }

  /// The real file behind a path, which must lie below the root.
  private Path resolve(String path) throws StorageException {
    try {
      Path real = root.resolve(StorePath.check(path)).toRealPath();
      if (!real.startsWith(root)) {
        throw StorageException.of(
            Kind.ACCESS_DENIED, what(path) + " is a link that leads out of the mount");
      }
      return real;
    } catch (StorageException e) {
      throw e;
    } catch (InvalidPathException | IOException e) {
      throw translate(what(path), e);
    }
  }

  private String what(String path) {
    return "'" + description + (path.isEmpty() ? "" : "/" + path) + "'";
  }

  private StorageException changed(String path) {
    return StorageException.of(Kind.CHANGED, what(path) + " was changed");
  }

  private static StorageException translate(String what, Exception e) {
    return switch (e) {
      case NoSuchFileException _ ->
          StorageException.of(Kind.NOT_FOUND, what + " does not exist", e);
      case AccessDeniedException _ ->
          StorageException.of(Kind.ACCESS_DENIED, what + ": this process may not read it", e);
      case InvalidPathException _ -> StorageException.of(Kind.INVALID, what + " is no path", e);
      case FileSystemException f when "Not a directory".equals(f.getReason()) ->
          StorageException.of(Kind.NOT_FOUND, what + " does not exist", e);
      default -> StorageException.of(Kind.UNAVAILABLE, what + ": " + e.getMessage(), e);
    };
  }

  @Override
  public void close() {}
}
