package io.gridset.arrow.ipc;

import java.util.List;

/// A batch, and the dictionaries that must stand before it in the file, ready to be copied. Holds
/// references to the buffers until closed.
public final class PreparedBatch implements AutoCloseable {
  private final List<IpcMessage> dictionaries;
  private final IpcMessage batch;
  private final int rows;

  PreparedBatch(List<IpcMessage> dictionaries, IpcMessage batch, int rows) {
    this.dictionaries = List.copyOf(dictionaries);
    this.batch = batch;
    this.rows = rows;
  }

  List<IpcMessage> dictionaries() {
    return dictionaries;
  }

  IpcMessage batch() {
    return batch;
  }

  int rows() {
    return rows;
  }

  @Override
  public void close() {
    dictionaries.forEach(IpcMessage::close);
    batch.close();
  }
}
