package io.gridset.server.tree;

import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StoreEntry;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Collects what a store lists into a [Listing], without keeping an object per entry. Used by one
/// thread.
final class ListingBuilder {
  /// What Linux takes as one name (NAME_MAX).
  private static final int MAX_NAME_BYTES = 255;

  private final PackedStrings names = new PackedStrings();
  private final PackedStrings etags = new PackedStrings();
  private final Set<String> mountNames;
  private long[] sizes = new long[16];
  private long[] seconds = new long[16];
  private int[] nanos = new int[16];
  private int skipped;

  /// @param mountNames names that are directories whatever the store says
  ListingBuilder(Collection<String> mountNames) {
    this.mountNames = Set.copyOf(mountNames);
    for (String name : mountNames) {
      addDirectory(name.getBytes(StandardCharsets.UTF_8));
    }
  }

  void add(StoreEntry entry) {
    byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
    if (!showable(entry.name(), name)) {
      skipped++;
      return;
    }
    if (mountNames.contains(entry.name())) {
      return;
    }
    switch (entry) {
      case StoreEntry.Directory(_) -> addDirectory(name);
      case StoreEntry.ObjectFile(_, var identity) -> addFile(name, identity);
    }
  }

  /// Adds what another listing had: a directory, an exact identity, or a file whose identity that
  /// listing did not tell.
  void add(byte[] utf8, long size, @Nullable ObjectIdentity identity) {
    String name = new String(utf8, StandardCharsets.UTF_8);
    if (!showable(name, utf8)) {
      skipped++;
    } else if (!mountNames.contains(name)) {
      if (size == Listing.DIRECTORY) {
        addDirectory(utf8);
      } else {
        addFile(utf8, identity);
      }
    }
  }

  /// Counts names that somebody else left out already.
  void skip(int names) {
    skipped += names;
  }

  /// The listing, ordered by name. Where a store has an object and a directory of one name, which a
  /// file system cannot show, the directory stays.
  Listing build() {
    int[] order = order();
    int kept = 0;
    for (int i = 0; i < order.length; i++) {
      if (kept > 0 && names.compare(order[kept - 1], order[i]) == 0) {
        skipped++;
        if (sizes[order[i]] == Listing.DIRECTORY) {
          order[kept - 1] = order[i];
        }
      } else {
        order[kept++] = order[i];
      }
    }
    int[] finalOrder = Arrays.copyOf(order, kept);
    boolean fractions = Arrays.stream(finalOrder).anyMatch(index -> nanos[index] != 0);
    long[] sortedSeconds = pick(seconds, finalOrder);
    return new Listing(
        names.permuted(finalOrder),
        etags.permuted(finalOrder),
        pick(sizes, finalOrder),
        new Listing.Times(
            sortedSeconds,
            fractions ? Arrays.stream(finalOrder).map(i -> nanos[i]).toArray() : null),
        skipped);
  }

  private int[] order() {
    int count = names.count();
    int[] order = new int[count];
    boolean sorted = true;
    for (int i = 0; i < count; i++) {
      order[i] = i;
      sorted &= i == 0 || names.compare(i - 1, i) <= 0;
    }
    if (sorted) {
      return order;
    }
    return Arrays.stream(order)
        .boxed()
        .sorted(names::compare)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private void addDirectory(byte[] name) {
    append(name, Listing.DIRECTORY, null, "");
  }

  private void addFile(byte[] name, @Nullable ObjectIdentity identity) {
    if (identity == null) {
      append(name, Listing.UNRESOLVED, null, "");
    } else {
      String etag = identity.etag();
      append(name, identity.sizeBytes(), identity.modified(), etag == null ? "" : etag);
    }
  }

  private void append(byte[] name, long size, @Nullable Instant modified, String etag) {
    int index = names.count();
    if (index == sizes.length) {
      sizes = Arrays.copyOf(sizes, index * 2);
      seconds = Arrays.copyOf(seconds, index * 2);
      nanos = Arrays.copyOf(nanos, index * 2);
    }
    sizes[index] = size;
    seconds[index] = modified == null ? Listing.NO_TIME : modified.getEpochSecond();
    nanos[index] = modified == null ? 0 : modified.getNano();
    names.add(name);
    etags.add(etag.getBytes(StandardCharsets.UTF_8));
  }

  private static boolean showable(String name, byte[] utf8) {
    return utf8.length > 0
        && utf8.length <= MAX_NAME_BYTES
        && !name.equals(".")
        && !name.equals("..")
        && name.indexOf('/') < 0
        && name.indexOf('\0') < 0;
  }

  private static long[] pick(long[] values, int[] order) {
    long[] result = new long[order.length];
    for (int i = 0; i < order.length; i++) {
      result[i] = values[order[i]];
    }
    return result;
  }
}
