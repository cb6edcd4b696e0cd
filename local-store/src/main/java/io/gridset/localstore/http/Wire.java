package io.gridset.localstore.http;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/// One client's byte stream. Used by one thread; only [#close] and [#abort] may come from others.
public interface Wire extends Closeable {
  /// Reads at least one byte.
  ///
  /// @return the number of bytes, or -1 at the end of the stream
  int read(byte[] target, int offset, int length) throws IOException;

  /// Writes all that remains in the buffer.
  void write(ByteBuffer bytes) throws IOException;

  /// Sends `count` bytes of a file.
  ///
  /// @throws IOException if the file is shorter or the client is gone
  void sendFile(FileChannel file, long position, long count) throws IOException;

  /// Ends the connection with a TCP reset, dropping what has not been delivered.
  void abort();

  @Override
  void close();
}
