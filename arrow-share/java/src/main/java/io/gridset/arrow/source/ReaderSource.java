package io.gridset.arrow.source;

import java.io.IOException;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/// What a reader of Arrow's reads.
record ReaderSource(ArrowReader reader) implements BatchSource {
  @Override
  public Schema schema() throws IOException {
    return reader.getVectorSchemaRoot().getSchema();
  }

  @Override
  public DictionaryProvider dictionaries() throws IOException {
    reader.getVectorSchemaRoot();
    return reader;
  }

  @Override
  public @Nullable VectorSchemaRoot next() throws IOException {
    return reader.loadNextBatch() ? reader.getVectorSchemaRoot() : null;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
