package io.gridset.api;

import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.util.Optional;

/// Answers with the bytes of a file, or with the range of them that was asked for.
final class FileContent {
  /// Bytes pinned at once for a download.
  private static final int CHUNK_BYTES = 1 << 20;

  private FileContent() {}

  /// @param version what the answer's ETag is made of
  static void answer(Context context, OpenFile file, String version) throws IOException {
    long size = file.entry().sizeBytes();
    context.header("Accept-Ranges", "bytes");
    context.header("ETag", "\"" + version + "\"");
    Optional<ContentRange> range = ContentRange.of(context.header("Range"), size);
    if (range.isEmpty()) {
      context.status(416).header("Content-Range", "bytes */" + size);
      return;
    }
    ContentRange part = range.get();
    if (part.extent() == ContentRange.Extent.PART) {
      context.status(206).header("Content-Range", part.header(size));
    }
    context.contentType("application/octet-stream");
    send(file, part, context);
  }

  /// The first bytes are read before anything is answered, so that a failing store still becomes a
  /// problem document; a later failure breaks the connection off, short of the declared length.
  private static void send(OpenFile file, ContentRange part, Context context) throws IOException {
    PinnedBytes first = read(file, part.offset(), part.length());
    context.res().setContentLengthLong(part.length());
    WritableByteChannel out = Channels.newChannel(context.outputStream());
    long sent = write(first, out);
    while (sent < part.length()) {
      sent += write(read(file, part.offset() + sent, part.length() - sent), out);
    }
  }

  private static PinnedBytes read(OpenFile file, long offset, long length) throws IOException {
    PinnedBytes bytes = file.read(offset, (int) Math.min(CHUNK_BYTES, length));
    if (bytes.byteCount() == 0 && length > 0) {
      bytes.close();
      throw StorageException.of(
          StorageException.Kind.CORRUPT, file.entry().path() + " ends before its size");
    }
    return bytes;
  }

  private static long write(PinnedBytes bytes, WritableByteChannel out) throws IOException {
    try (bytes) {
      for (ByteBuffer buffer : bytes.buffers()) {
        while (buffer.hasRemaining()) {
          out.write(buffer);
        }
      }
      return bytes.byteCount();
    }
  }
}
