package io.gridset.server.tree;

import io.gridset.core.store.ObjectIdentity;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// What one directory holds, ordered by name (as UTF-8 bytes), in parallel arrays: about 80 bytes
/// per file with a 20-byte name and an MD5 ETag. Immutable, but for identities that a listing did
/// not tell and `head` does later. Thread-safe.
final class Listing {
  static final long DIRECTORY = -1;
  static final long UNRESOLVED = -2;
  static final long NO_TIME = Long.MIN_VALUE;

  /// Stands where `head` found that a listed file is not there.
  private static final Object GONE = new Object();

  /// Modification times; `nanos` is null when all are whole seconds.
  static final class Times {
    private final long[] seconds;
    private final int @Nullable [] nanos;

    Times(long[] seconds, int @Nullable [] nanos) {
      this.seconds = seconds;
      this.nanos = nanos;
    }

    @Nullable Instant at(int index) {
      long second = seconds[index];
      return second == NO_TIME
          ? null
          : Instant.ofEpochSecond(second, nanos == null ? 0 : nanos[index]);
    }
  }

  private final PackedStrings names;
  private final PackedStrings etags;
  private final long[] sizes;
  private final Times times;
  private final int skipped;
  private final @Nullable AtomicReferenceArray<@Nullable Object> resolved;
  // Written before the listing is published, never after.
  private @Nullable ObjectIdentity @Nullable [] prior;

  Listing(PackedStrings names, PackedStrings etags, long[] sizes, Times times, int skipped) {
    this.names = names;
    this.etags = etags;
    this.sizes = sizes;
    this.times = times;
    this.skipped = skipped;
    boolean complete = true;
    for (long size : sizes) {
      complete &= size != UNRESOLVED;
    }
    resolved = complete ? null : new AtomicReferenceArray<>(sizes.length);
  }

  int count() {
    return sizes.length;
  }

  /// Names that a kernel cannot show and that were left out.
  int skipped() {
    return skipped;
  }

  String name(int index) {
    return names.get(index);
  }

  boolean isDirectory(int index) {
    return sizes[index] == DIRECTORY;
  }

  /// Where `name` stands, or a negative number.
  int indexOf(String name) {
    byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
    int low = 0;
    int high = count() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = names.compare(middle, wanted);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  /// Whether `head` has to be asked about a file.
  boolean needsHead(int index) {
    return resolved != null && sizes[index] == UNRESOLVED && resolved.get(index) == null;
  }

  /// Whether this file's identity came with the listing.
  boolean isListedExactly(int index) {
    return sizes[index] >= 0;
  }

  /// Whether all identities came with the listing.
  boolean listedExactly() {
    return resolved == null;
  }

  /// Whether `head` found that it is not there after all.
  boolean isGone(int index) {
    return resolved != null && resolved.get(index) == GONE;
  }

  /// Notes the answer of `head`, null for "not there"; tells whether this was the first answer.
  boolean resolve(int index, @Nullable ObjectIdentity identity) {
    return resolved != null
        && resolved.compareAndSet(index, null, identity == null ? GONE : identity);
  }

  /// The name's bytes in UTF-8.
  byte[] rawName(int index) {
    return names.raw(index);
  }

  /// The identity of a file; null for directories, and while unknown or gone.
  @Nullable ObjectIdentity identity(int index) {
    if (sizes[index] >= 0) {
      String etag = etags.length(index) == 0 ? null : etags.get(index);
      return new ObjectIdentity(sizes[index], times.at(index), etag);
    }
    return resolved != null && resolved.get(index) instanceof ObjectIdentity known ? known : null;
  }

  /// The size of a file, 0 while unknown.
  long sizeBytes(int index) {
    if (sizes[index] >= 0) {
      return sizes[index];
    }
    ObjectIdentity known = identity(index);
    return known == null ? 0 : known.sizeBytes();
  }

  long totalBytes() {
    long total = 0;
    for (int i = 0; i < sizes.length; i++) {
      total += sizeBytes(i);
    }
    return total;
  }

  long files() {
    long files = 0;
    for (int i = 0; i < sizes.length; i++) {
      files += isDirectory(i) || isGone(i) ? 0 : 1;
    }
    return files;
  }

  /// Tells the names in which `older` differs from this listing, with the identity that the file
  /// had, where known. A file whose identity is not known yet is left to [#prior].
  void differences(Listing older, BiConsumer<String, @Nullable ObjectIdentity> sink) {
    int mine = 0;
    int theirs = 0;
    while (mine < count() || theirs < older.count()) {
      int order = order(older, mine, theirs);
      if (order < 0) {
        sink.accept(name(mine++), null);
      } else if (order > 0) {
        sink.accept(older.name(theirs), older.identity(theirs));
        theirs++;
      } else {
        ObjectIdentity old = older.identity(theirs);
        if (needsHead(mine)) {
          keepPrior(mine, old);
        } else if (old == null
            ? isDirectory(mine) != older.isDirectory(theirs)
            : !old.equals(identity(mine))) {
          sink.accept(name(mine), old);
        }
        mine++;
        theirs++;
      }
    }
  }

  /// The identity that a file had in the listing before, where this one does not tell its own.
  @Nullable ObjectIdentity prior(int index) {
    return prior == null ? null : prior[index];
  }

  private void keepPrior(int index, @Nullable ObjectIdentity old) {
    if (old != null) {
      if (prior == null) {
        prior = new ObjectIdentity[count()];
      }
      prior[index] = old;
    }
  }

  private int order(Listing older, int mine, int theirs) {
    if (mine == count()) {
      return 1;
    }
    return theirs == older.count() ? -1 : names.compare(mine, older.names, theirs);
  }
}
