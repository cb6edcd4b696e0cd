package io.gridset.arrow.source;

import io.gridset.arrow.ipc.MappedIpc;
import io.gridset.arrow.ipc.NotIpcException;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/// A mapped IPC file or stream.
final class IpcSource implements BatchSource {
  private final MappedIpc file;
  private int next;

  IpcSource(MappedIpc file) {
    this.file = file;
  }

  @Override
  public Schema schema() {
    return file.schema();
  }

  @Override
  public DictionaryProvider dictionaries() {
    return file.dictionaries();
  }

  @Override
  public @Nullable VectorSchemaRoot next() throws NotIpcException {
    return next < file.batches() ? file.batch(next++) : null;
  }

  /// As long as the file, and an eighth more: buffers that were aligned to 8 move to multiples of
  /// 64.
  @Override
  public long expectedBytes() {
    return file.bytes() + file.bytes() / 8;
  }

  @Override
  public void close() {
    file.close();
  }
}
