package io.gridset.arrow.source;

import java.util.Iterator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/// What an iterator gives.
record IteratorSource(
    Schema schema, DictionaryProvider dictionaries, Iterator<VectorSchemaRoot> batches)
    implements BatchSource {
  @Override
  public @Nullable VectorSchemaRoot next() {
    return batches.hasNext() ? batches.next() : null;
  }

  @Override
  public void close() {
    // The batches are the caller's.
  }
}
