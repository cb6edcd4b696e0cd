package io.gridset.arrow.source;

import io.gridset.arrow.ipc.MappedIpc;
import io.gridset.arrow.ipc.NotIpcException;
import io.gridset.arrow.system.Descriptor;
import io.gridset.arrow.system.Region;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.apache.arrow.memory.BufferAllocator;

/// Tells files apart by what they begin with.
final class FileSources {
  private static final int MAGIC_BYTES = 4;

  private FileSources() {}

  static BatchSource open(Path file, BufferAllocator allocator) throws IOException {
    byte[] start;
    try (InputStream in = Files.newInputStream(file)) {
      start = in.readNBytes(MAGIC_BYTES);
    }
    String magic = new String(start, StandardCharsets.ISO_8859_1);
    if (magic.equals("PAR1")) {
      throw new IOException(
          file
              + " is a Parquet file, which this client does not decode: gridset objects materialise"
              + " makes objects of a dataset's files, gridset.put(name, pyarrow.parquet.read_table("
              + "file)) puts one from Python, and put() takes what a reader of arrow-dataset gives");
    }
    if (magic.equals("ARRO") || magic.equals("\u00ff\u00ff\u00ff\u00ff")) {
      return ipc(file, allocator);
    }
    if (file.toString().toLowerCase(Locale.ROOT).endsWith(".csv")) {
      return CsvSource.open(file, allocator);
    }
    throw new IOException(file + " is neither an Arrow IPC file or stream nor called .csv");
  }

  private static BatchSource ipc(Path file, BufferAllocator allocator) throws IOException {
    try (Descriptor descriptor = Descriptor.open(file)) {
      Region region = Region.mapPrivate(descriptor, descriptor.size());
      return new IpcSource(MappedIpc.open(region, allocator));
    } catch (NotIpcException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }
}
