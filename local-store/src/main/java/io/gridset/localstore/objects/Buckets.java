package io.gridset.localstore.objects;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The buckets below one root directory. Uploads are written aside and renamed, so a reader sees
/// the old object or the new one. Thread-safe.
///
/// Keys that no path can express (an empty, `.` or `..` element, more than 255 bytes between two
/// slashes) are refused. A key ending in a slash, as consoles create for folders, is kept as a file
/// named [#FOLDER_MARKER].
public final class Buckets {
  static final String FOLDER_MARKER = ".folder-object";
  private static final String UPLOADS = ".uploads";
  private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,62}");
  private static final int COPY_BYTES = 256 * 1024;

  private final Path root;
  private final EntityTags tags;
  private final SortedDirectories directories;

  /// @param md5LimitBytes up to which size an ETag is the content's MD5
  public Buckets(Path root, long md5LimitBytes, InstantSource clock) {
    this.root = root;
    this.tags = new EntityTags(md5LimitBytes);
    this.directories = new SortedDirectories(clock);
  }

  /// The names of all buckets, sorted.
  public List<String> names() throws IOException {
    try (Stream<Path> children = Files.list(root)) {
      return children
          .filter(Files::isDirectory)
          .map(child -> child.getFileName().toString())
          .filter(name -> BUCKET.matcher(name).matches())
          .sorted()
          .toList();
    }
  }

  public boolean exists(String bucket) {
    return BUCKET.matcher(bucket).matches() && Files.isDirectory(root.resolve(bucket));
  }

  public void create(String bucket) throws IOException, RefusedException {
    if (!BUCKET.matcher(bucket).matches()) {
      throw new RefusedException(StoreError.INVALID_BUCKET_NAME);
    }
    Files.createDirectories(root.resolve(bucket));
  }

  /// @throws RefusedException if there is no such bucket or key
  public StoredObject read(String bucket, String key) throws IOException, RefusedException {
    try {
      return read(file(bucket, key));
    } catch (NoSuchFileException _) {
      throw new RefusedException(StoreError.NO_SUCH_KEY);
    } catch (FileSystemException e) {
      if (String.valueOf(e.getReason()).contains("Not a directory")) {
        throw new RefusedException(StoreError.NO_SUCH_KEY);
      }
      throw e;
    }
  }

  private StoredObject read(Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    if (attributes.isDirectory()) {
      throw new NoSuchFileException(file.toString());
    }
    return new StoredObject(
        file,
        attributes.size(),
        attributes.lastModifiedTime().toInstant().truncatedTo(ChronoUnit.SECONDS),
        tags.of(file, attributes));
  }

  /// The digests that an upload must have; empty = not given.
  public record ExpectedDigests(Optional<String> md5Hex, Optional<String> sha256Hex) {
    public static final ExpectedDigests NONE =
        new ExpectedDigests(Optional.empty(), Optional.empty());
  }

  /// Stores the content under the key, replacing what was there.
  ///
  /// @return the ETag, without quotes
  public String write(String bucket, String key, InputStream content, ExpectedDigests expected)
      throws IOException, RefusedException {
    Path file = file(bucket, key);
    Path uploads = Files.createDirectories(root.resolve(UPLOADS));
    Path staged = Files.createTempFile(uploads, "put", "");
    try {
      String md5 = stage(content, staged, expected);
      try {
        Files.createDirectories(parent(file));
        Files.move(
            staged, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } catch (FileSystemException e) {
        throw new RefusedException(
            StoreError.INVALID_OBJECT_NAME,
            "The key cannot be stored as a file beside the keys that exist: " + e.getReason());
      }
      tags.uploaded(file, md5);
      return md5;
    } finally {
      Files.deleteIfExists(staged);
    }
  }

  private static String stage(InputStream content, Path staged, ExpectedDigests expected)
      throws IOException, RefusedException {
    MessageDigest md5 = EntityTags.md5();
    Optional<MessageDigest> sha256 = expected.sha256Hex().map(_ -> sha256());
    byte[] buffer = new byte[COPY_BYTES];
    try (OutputStream out = Files.newOutputStream(staged)) {
      for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
        md5.update(buffer, 0, read);
        if (sha256.isPresent()) {
          sha256.get().update(buffer, 0, read);
        }
        out.write(buffer, 0, read);
      }
    }
    String md5Hex = HexFormat.of().formatHex(md5.digest());
    boolean same =
        expected.md5Hex().map(md5Hex::equals).orElse(true)
            && sha256
                .map(digest -> HexFormat.of().formatHex(digest.digest()))
                .equals(expected.sha256Hex());
    if (!same) {
      throw new RefusedException(StoreError.BAD_DIGEST);
    }
    return md5Hex;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }

  /// Deletes the object if it is there, and the directories that it leaves empty.
  public void delete(String bucket, String key) throws IOException, RefusedException {
    Path file = file(bucket, key);
    if (Files.isDirectory(file)) {
      return;
    }
    Files.deleteIfExists(file);
    Path top = root.resolve(bucket);
    for (Path parent = parent(file); !parent.equals(top); parent = parent(parent)) {
      try {
        Files.deleteIfExists(parent);
      } catch (DirectoryNotEmptyException _) {
        return;
      }
    }
  }

  public ListPage list(String bucket, ListQuery query) throws IOException, RefusedException {
    return new ListWalk(directories, this::read, query).run(directory(bucket));
  }

  /// The names in a directory for an index page, those of directories ending in a slash; empty when
  /// there is no such directory.
  ///
  /// @param path without leading or trailing slash; empty for the bucket itself
  public Optional<List<Child>> children(String bucket, String path)
      throws IOException, RefusedException {
    Path directory = path.isEmpty() ? directory(bucket) : file(bucket, path);
    if (!Files.isDirectory(directory)) {
      return Optional.empty();
    }
    List<Child> children = new ArrayList<>();
    for (String name : directories.names(directory)) {
      BasicFileAttributes attributes =
          Files.readAttributes(
              directory.resolve(name.endsWith("/") ? name.substring(0, name.length() - 1) : name),
              BasicFileAttributes.class);
      children.add(new Child(name, attributes.size(), attributes.lastModifiedTime().toInstant()));
    }
    return Optional.of(children);
  }

  /// A name in a directory.
  public record Child(String name, long size, java.time.Instant modified) {}

  private Path directory(String bucket) throws RefusedException {
    if (!exists(bucket)) {
      throw new RefusedException(StoreError.NO_SUCH_BUCKET);
    }
    return root.resolve(bucket);
  }

  private Path file(String bucket, String key) throws RefusedException {
    Path directory = directory(bucket);
    String path = key.endsWith("/") ? key + FOLDER_MARKER : key;
    for (String element : path.split("/", -1)) {
      if (element.isEmpty() || element.equals(".") || element.equals("..")) {
        throw new RefusedException(StoreError.INVALID_OBJECT_NAME);
      }
    }
    try {
      return directory.resolve(path);
    } catch (InvalidPathException e) {
      throw new RefusedException(
          StoreError.INVALID_OBJECT_NAME,
          "The key cannot be a file name here (does the store run in a UTF-8 locale?): "
              + e.getReason());
    }
  }

  private static Path parent(Path file) {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalStateException("an object's file is always below a bucket: " + file);
    }
    return parent;
  }
}
