package io.gridset.arrow.ipc;

import io.gridset.arrow.system.Region;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BufferLayout.BufferType;

/// How one buffer gets into a body.
///
/// @param position in the body, a multiple of 64
/// @param length that the metadata says
/// @param from address of the first byte to copy
/// @param present bytes to copy; the rest of `length` is zeros
/// @param offsets what is subtracted from each offset, when the buffer holds some
record BufferCopy(long position, long length, long from, long present, Offsets offsets) {
  /// What one thread copies at a time.
  private static final long PART = 16 << 20;

  private static final int STEP = 8 << 20;

  /// @param width bytes an offset has; 0 when the buffer is copied as it is
  record Offsets(int width, long first) {
    static final Offsets NONE = new Offsets(0, 0);
  }

  /// @param rows values of the field
  /// @param nulls how many of them are null
  record Place(long position, long rows, long nulls) {}

  static BufferCopy of(List<BufferKinds> kinds, List<ArrowBuf> buffers, int index, Place place) {
    ArrowBuf buffer = buffers.get(index);
    long length = buffer.readableBytes();
    long start = buffer.readerIndex();
    BufferType kind = kinds.get(index).buffer();
    if (kind == BufferType.VALIDITY && place.nulls() == 0) { // readers know without it
      return new BufferCopy(place.position(), 0, 0, 0, Offsets.NONE);
    }
    Offsets offsets = Offsets.NONE;
    int width = kinds.get(index).offsetBytes();
    if (width > 0 && holdsValues(kinds, index)) {
      offsets = new Offsets(width, first(buffer, width, place.rows()));
    } else if (kind == BufferType.DATA && index > 0 && holdsValues(kinds, index - 1)) {
      int offsetWidth = kinds.get(index - 1).offsetBytes();
      long first = first(buffers.get(index - 1), offsetWidth, place.rows());
      start += first;
      length -= first;
    }
    long present = Math.min(length, buffer.capacity() - start);
    return new BufferCopy(
        place.position(), length, buffer.memoryAddress() + start, Math.max(0, present), offsets);
  }

  /// Whether buffer `index` has the offsets of strings or bytes, which the next one holds. (A
  /// list's offsets point into another field: they stay as they are.)
  private static boolean holdsValues(List<BufferKinds> kinds, int index) {
    return kinds.get(index).offsetBytes() > 0
        && index + 1 < kinds.size()
        && kinds.get(index + 1).node() == kinds.get(index).node()
        && kinds.get(index + 1).buffer() == BufferType.DATA;
  }

  private static long first(ArrowBuf offsets, int width, long rows) {
    if (rows == 0 || offsets.capacity() < width) {
      return 0;
    }
    return width == Integer.BYTES ? offsets.getInt(0) : offsets.getLong(0);
  }

  long end() {
    return IpcMessage.aligned(position + length);
  }

  /// What is to be copied, in parts that several threads may copy at once.
  List<Part> parts(long body) {
    return LongStream.range(0, Math.ceilDiv(present, PART))
        .map(number -> number * PART)
        .mapToObj(
            done -> new Part(body + position + done, from + done, Math.min(PART, present - done)))
        .toList();
  }

  /// Bytes to copy from an address to a position.
  record Part(long position, long from, long bytes) {
    void copy(Region region) {
      region.populate(position, bytes);
      region.copy(position, from, bytes);
    }
  }

  /// What is left to do when all parts are copied.
  void finish(Region region, long body) {
    long at = body + position;
    region.zero(at + present, body + end() - at - present);
    if (offsets.first() != 0) {
      rebase(region, at);
    }
  }

  private void rebase(Region region, long at) {
    for (long done = 0; done < present; done += STEP) {
      var view = region.view(at + done, (int) Math.min(STEP, present - done));
      while (view.remaining() >= offsets.width()) {
        int place = view.position();
        if (offsets.width() == Integer.BYTES) {
          view.putInt((int) (view.getInt(place) - offsets.first()));
        } else {
          view.putLong(view.getLong(place) - offsets.first());
        }
      }
    }
  }

  boolean matches(Region region, long body) {
    if (offsets.first() == 0) {
      return region.matches(body + position, from, present);
    }
    try (Region again = Region.allocate(end() - position)) {
      parts(-position).forEach(part -> part.copy(again));
      finish(again, -position);
      return region.matches(body + position, again.address(), present);
    }
  }
}
