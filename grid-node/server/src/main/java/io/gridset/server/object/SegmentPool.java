package io.gridset.server.object;

import io.gridset.core.store.StorageException;
import io.gridset.server.cache.mapping.NativeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Segments whose objects are gone. One that somebody still has open or mapped waits here,
/// untouched and accounted for, until the kernel says that nobody has (a write lease on a fresh
/// descriptor). Then it is kept for the next put of its namespace, which finds its pages there
/// already, or is unlinked: always when more than our own clients had it, for the lease does not
/// see pages in a pipe or a socket, nor backing files of a mount. Segments that never had an object
/// ([SegmentReserve]) wait here as well, for a put of any namespace. Thread-safe.
///
/// Sources: fcntl(2) "Leases"; DESIGN.md, "Segments".
final class SegmentPool {
  private static final Logger log = LoggerFactory.getLogger(SegmentPool.class);

  /// How much larger or smaller than wanted a segment may be: one is cut, the other extended.
  private static final int LARGER = 2;

  private static final int SMALLER = 4;

  /// Smaller segments are made faster than they are found again.
  private static final int LEAST_BYTES = 256 << 10;

  private static final int MOST_KEPT = 256;

  /// Segments looked at for one put or delete; each costs some system calls.
  private static final int TRIES = 8;

  private final Path directory;
  private final long limitBytes;
  private final MemoryLedger ledger;
  private final List<Retired> retired = new ArrayList<>();
  private long sequence;

  /// A segment of the pool, oldest first in the list.
  ///
  /// @param namespace empty for one that never had an object
  private record Retired(Path path, String namespace, long bytes, boolean recyclable) {
    boolean isSpare() {
      return namespace.isEmpty();
    }

    boolean fits(String wantedNamespace, long wanted) {
      return recyclable
          && (isSpare() || namespace.equals(wantedNamespace))
          && bytes <= wanted * LARGER
          && wanted <= bytes * SMALLER;
    }
  }

  /// A segment that nobody else has, open for writing; its bytes are accounted for.
  record Taken(NativeFile file, long bytes) {}

  SegmentPool(Path directory, long limitBytes, MemoryLedger ledger) {
    this.directory = directory;
    this.limitBytes = limitBytes;
    this.ledger = ledger;
  }

  /// Takes over a file of `bytes` bytes, which stay accounted for until it goes.
  ///
  /// @param recyclable whether only our own clients ever had it, which map it and nothing else
  synchronized void retire(Path file, String namespace, long bytes, boolean recyclable) {
    Path here = takeIn(file);
    if (here == null) {
      return;
    }
    boolean keep = recyclable && bytes >= LEAST_BYTES;
    Retired segment = new Retired(here, namespace, bytes, keep);
    retired.add(segment);
    if (!keep) {
      unlinkIfIdle(segment);
    }
    trim(TRIES);
  }

  private @Nullable Path takeIn(Path file) {
    Path here = directory.resolve(Long.toString(sequence++));
    try {
      Files.move(file, here, StandardCopyOption.ATOMIC_MOVE);
      return here;
    } catch (IOException e) {
      log.warn("The segment {} cannot be retired: {}", file, e.toString());
      return null;
    }
  }

  /// Takes over a file that never had an object, of `bytes` bytes, which stay accounted for until
  /// it goes: before all others when room is needed.
  synchronized void stock(Path file, long bytes) {
    Path here = takeIn(file);
    if (here != null) {
      retired.addFirst(new Retired(here, "", bytes, true));
    }
  }

  synchronized boolean hasSpare(long bytes) {
    return retired.stream().anyMatch(segment -> segment.isSpare() && segment.bytes == bytes);
  }

  /// Unlinks what nobody has any more, but for as much as is kept for the next puts.
  synchronized void settle() {
    for (Retired segment : List.copyOf(retired)) {
      if (!segment.recyclable) {
        unlinkIfIdle(segment);
      }
    }
    trim(Integer.MAX_VALUE);
  }

  /// Unlinks the oldest of those kept for puts while they are more than may be, looking at `most`.
  private void trim(int most) {
    List<Retired> kept =
        retired.stream().filter(segment -> segment.recyclable && !segment.isSpare()).toList();
    long bytes = kept.stream().mapToLong(Retired::bytes).sum();
    int count = kept.size();
    int looked = 0;
    for (Retired segment : kept) {
      if ((bytes <= limitBytes && count <= MOST_KEPT) || looked++ == most) {
        return;
      }
      if (unlinkIfIdle(segment)) {
        bytes -= segment.bytes;
        count--;
      }
    }
  }

  /// Unlinks one that nobody has; false when there is none.
  synchronized boolean giveUp() {
    for (Retired segment : retired) {
      if (unlinkIfIdle(segment)) {
        return true;
      }
    }
    return false;
  }

  /// A segment of about `bytes` bytes that had an object of the same namespace, moved to `to`.
  synchronized @Nullable Taken take(String namespace, long bytes, Path to) {
    if (bytes < LEAST_BYTES) {
      return null;
    }
    List<Retired> fitting =
        retired.stream()
            .filter(segment -> segment.fits(namespace, bytes))
            .sorted(Comparator.comparingLong(segment -> Math.abs(segment.bytes - bytes)))
            .limit(TRIES)
            .toList();
    for (Retired segment : fitting) {
      NativeFile file = takeOver(segment, to);
      if (file != null) {
        retired.remove(segment);
        return new Taken(file, segment.bytes);
      }
    }
    return null;
  }

  /// Unlinks all; whoever maps one keeps it.
  synchronized void clear() {
    for (Retired segment : retired) {
      try {
        Files.deleteIfExists(segment.path);
      } catch (IOException e) {
        log.warn("The segment {} cannot be unlinked: {}", segment.path, e.toString());
      }
      ledger.add(-segment.bytes);
    }
    retired.clear();
  }

  synchronized long bytes() {
    return retired.stream().mapToLong(Retired::bytes).sum();
  }

  /// Asks the kernel twice: a file of mode 0444 cannot be opened for writing by everyone, and who
  /// could open it while its mode changed is found out by the second lease.
  private static @Nullable NativeFile takeOver(Retired segment, Path to) {
    try (NativeFile reader = NativeFile.openForReading(segment.path)) {
      if (!reader.tryExclusive()) {
        return null;
      }
      reader.setPermissions(0600);
    } catch (StorageException e) {
      return null;
    }
    @Nullable NativeFile file = null;
    try {
      file = NativeFile.openForWriting(segment.path);
      if (file.tryExclusive()) {
        Files.move(segment.path, to, StandardCopyOption.ATOMIC_MOVE);
        return file;
      }
    } catch (IOException e) {
      log.warn("The segment {} cannot be used again: {}", segment.path, e.toString());
    }
    if (file != null) {
      file.close();
    }
    return null;
  }

  /// Unlinks under the lease: false when somebody has it.
  private boolean unlinkIfIdle(Retired segment) {
    try (NativeFile file = NativeFile.openForReading(segment.path)) {
      if (!file.tryExclusive()) {
        return false;
      }
      Files.deleteIfExists(segment.path);
    } catch (IOException e) {
      log.warn("The segment {} cannot be unlinked: {}", segment.path, e.toString());
      return false;
    }
    ledger.add(-segment.bytes);
    retired.remove(segment);
    return true;
  }
}
