package io.gridset.server.state;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;

/// An append-only file of record batches, one line each: CRC32C of the batch, a space, the batch. A
/// batch is there as a whole or not at all: a line that a crash cut off fails its checksum and is
/// dropped at the next open. Files are 0600, for they hold Secrets. Not thread-safe.
final class Journal implements AutoCloseable {
  private static final String FILE = "records.journal";
  private static final int CHECKSUM_DIGITS = 8;
  private static final int PROBE_BYTES = 64 << 10;

  private final Path directory;
  private final FileChannel lockFile;
  private FileChannel channel;
  private long length;

  private Journal(Path directory, FileChannel lockFile, FileChannel channel, long length) {
    this.directory = directory;
    this.lockFile = lockFile;
    this.channel = channel;
    this.length = length;
  }

  /// What a journal held when it was opened.
  ///
  /// @param damagedLines lines amid others that failed their checksum, and were left out
  record Opened(Journal journal, List<StateRecord> records, int damagedLines) {}

  /// Opens, creating it if need be, the journal of a directory that no other process may use
  /// meanwhile.
  static Opened open(Path directory) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    FileChannel lockFile = openPrivate(directory.resolve("lock"), StandardOpenOption.WRITE);
    try {
      lock(lockFile, directory);
      FileChannel channel = openPrivate(directory.resolve(FILE), StandardOpenOption.WRITE);
      try {
        return read(directory, lockFile, channel);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      lockFile.close();
      throw e;
    }
  }

  private static Opened read(Path directory, FileChannel lockFile, FileChannel channel)
      throws IOException {
    byte[] bytes = Files.readAllBytes(directory.resolve(FILE));
    List<StateRecord> records = new ArrayList<>();
    int damaged = 0;
    int damagedSinceGood = 0;
    int goodEnd = 0;
    int start = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != '\n') {
        continue;
      }
      List<StateRecord> batch = readLine(bytes, start, i);
      if (batch.isEmpty()) {
        damagedSinceGood++;
      } else {
        records.addAll(batch);
        damaged += damagedSinceGood;
        damagedSinceGood = 0;
        goodEnd = i + 1;
      }
      start = i + 1;
    }
    channel.truncate(goodEnd);
    channel.position(goodEnd);
    return new Opened(new Journal(directory, lockFile, channel, goodEnd), records, damaged);
  }

  /// The line's records, none when it is damaged.
  private static List<StateRecord> readLine(byte[] bytes, int start, int end) {
    int body = start + CHECKSUM_DIGITS + 1;
    if (body >= end || bytes[body - 1] != ' ') {
      return List.of();
    }
    String checksum = new String(bytes, start, CHECKSUM_DIGITS, StandardCharsets.ISO_8859_1);
    if (!checksum.equals(checksum(bytes, body, end - body))) {
      return List.of();
    }
    String text = new String(bytes, body, end - body, StandardCharsets.UTF_8);
    return RecordCodec.decode(text).orElse(List.of());
  }

  /// Writes a batch and waits until it is on the disk. When that fails nothing of it remains.
  void append(List<StateRecord> batch) throws IOException {
    ByteBuffer line = ByteBuffer.wrap(line(batch));
    int size = line.remaining();
    try {
      while (line.hasRemaining()) {
        channel.write(line);
      }
      channel.force(false);
    } catch (IOException e) {
      channel.truncate(length);
      channel.position(length);
      throw e;
    }
    length += size;
  }

  /// Whether a batch could be written now: tries as much as a small one takes, and takes it back.
  ///
  /// @throws IOException why not
  void probe() throws IOException {
    ByteBuffer spaces = ByteBuffer.wrap(" ".repeat(PROBE_BYTES).getBytes(StandardCharsets.UTF_8));
    try {
      while (spaces.hasRemaining()) {
        channel.write(spaces);
      }
      channel.force(false);
    } finally {
      channel.truncate(length);
      channel.position(length);
    }
  }

  /// Bytes that this process may still write beside it.
  long usableBytes() throws IOException {
    return Files.getFileStore(directory).getUsableSpace();
  }

  Path directory() {
    return directory;
  }

  long lengthBytes() {
    return length;
  }

  /// Replaces the file by one that holds only `records`.
  void compact(Collection<StateRecord> records) throws IOException {
    Path fresh = directory.resolve(FILE + ".new");
    Files.deleteIfExists(fresh);
    FileChannel replacement = openPrivate(fresh, StandardOpenOption.WRITE);
    long written = 0;
    try {
      for (StateRecord record : records) {
        ByteBuffer line = ByteBuffer.wrap(line(List.of(record)));
        written += line.remaining();
        while (line.hasRemaining()) {
          replacement.write(line);
        }
      }
      replacement.force(true);
      Files.move(fresh, directory.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      replacement.close();
      throw e;
    }
    FileChannel old = channel;
    channel = replacement;
    length = written;
    old.close();
    try (FileChannel entries = FileChannel.open(directory, StandardOpenOption.READ)) {
      entries.force(true);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      lockFile.close();
    }
  }

  private static byte[] line(List<StateRecord> batch) {
    byte[] body = RecordCodec.encode(batch).getBytes(StandardCharsets.UTF_8);
    byte[] checksum = (checksum(body, 0, body.length) + " ").getBytes(StandardCharsets.ISO_8859_1);
    byte[] line = new byte[checksum.length + body.length + 1];
    System.arraycopy(checksum, 0, line, 0, checksum.length);
    System.arraycopy(body, 0, line, checksum.length, body.length);
    line[line.length - 1] = '\n';
    return line;
  }

  private static String checksum(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }

  private static void lock(FileChannel lockFile, Path directory) throws IOException {
    FileLock lock;
    try {
      lock = lockFile.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      throw new IOException("the state directory " + directory + " is in use by another node");
    }
  }

  private static FileChannel openPrivate(Path file, StandardOpenOption option) throws IOException {
    return FileChannel.open(
        file,
        Set.of(option, StandardOpenOption.CREATE),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }
}
