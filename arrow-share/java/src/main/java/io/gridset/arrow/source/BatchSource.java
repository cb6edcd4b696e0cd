package io.gridset.arrow.source;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/// Batches of one schema, one after the other. For one thread.
public interface BatchSource extends AutoCloseable {
  /// As vectors have it.
  Schema schema() throws IOException;

  DictionaryProvider dictionaries() throws IOException;

  /// The next batch, the source's own and valid until the next call; null after the last.
  @Nullable VectorSchemaRoot next() throws IOException;

  /// How many bytes the batches will take at least, as far as is known; else 0.
  default long expectedBytes() {
    return 0;
  }

  @Override
  void close() throws IOException;

  /// All batches of a reader of Arrow's, which is closed with the source.
  static BatchSource of(ArrowReader reader) {
    return new ReaderSource(reader);
  }

  /// Batches as they come. They stay the caller's.
  static BatchSource of(
      Schema schema, DictionaryProvider dictionaries, Iterator<VectorSchemaRoot> batches) {
    return new IteratorSource(schema, dictionaries, batches);
  }

  /// A file, by what is in it: an Arrow IPC file or stream, uncompressed, which is mapped, not
  /// read; else a CSV file ([CsvSource]), if it is called `.csv`.
  ///
  /// @throws IOException naming the file, when it is neither
  static BatchSource of(Path file, BufferAllocator allocator) throws IOException {
    return FileSources.open(file, allocator);
  }
}
