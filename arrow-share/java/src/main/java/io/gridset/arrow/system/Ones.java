package io.gridset.arrow.system;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// Memory in which every bit is set, for columns without nulls whose file leaves their validity
/// out: one file for all of them, mapped for each. A mapping is private, as that of an object is:
/// whoever writes to it (marks a value null) changes a page of its own. Thread-safe.
public final class Ones {
  private static final long LEAST_BYTES = 64 << 10;

  /// For a quarter of a thousand million rows; what is longer is made for each, and goes with it.
  private static final long MOST_KEPT_BYTES = 32 << 20;

  private static final Object LOCK = new Object();
  private static @Nullable Descriptor file;
  private static long fileBytes;

  private Ones() {}

  /// @throws OutOfMemoryError when there is no memory for them
  public static Region map(long bytes) {
    if (bytes > MOST_KEPT_BYTES) {
      return filled(bytes);
    }
    synchronized (LOCK) {
      try {
        Descriptor present = file;
        if (present == null || fileBytes < bytes) {
          present = grow(Math.max(LEAST_BYTES, Long.highestOneBit(2 * bytes - 1)));
        }
        return Region.mapPrivate(present, bytes);
      } catch (IOException e) {
        return filled(bytes); // no descriptors or mappings are left, or no memfd_create
      }
    }
  }

  /// What is mapped stays: the file before goes with its last mapping.
  private static Descriptor grow(long bytes) throws IOException {
    Descriptor longer = Descriptor.inMemory("gridset-ones", bytes);
    try (Region all = Region.mapShared(longer, bytes)) {
      all.ones(0, bytes);
    } catch (IOException e) {
      longer.close();
      throw e;
    }
    if (file != null) {
      file.close();
    }
    file = longer;
    fileBytes = bytes;
    return longer;
  }

  private static Region filled(long bytes) {
    Region region = Region.allocate(bytes);
    region.ones(0, bytes);
    return region;
  }
}
