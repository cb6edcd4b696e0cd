package io.gridset.demo;

import io.gridset.core.unit.DataSize;

/// What the demo makes and how fast its object store may be.
///
/// @param rate of the store, in bytes a second over all connections
public record DemoSettings(DataSize modelSize, int smallFiles, DataSize rate, Retention retention) {
  /// What becomes of processes, mount and files at the end.
  public enum Retention {
    REMOVE,
    KEEP
  }

  /// Bytes of each small file: a tokenizer or configuration file's usual size.
  static final int SMALL_FILE_BYTES = 16 << 10;

  public DemoSettings {
    if (modelSize.bytes() < 1 << 20) {
      throw new IllegalArgumentException("--model-size must be at least 1Mi");
    }
    if (smallFiles < 0) {
      throw new IllegalArgumentException("--files must not be negative");
    }
    if (rate.bytes() < 1 << 20) {
      throw new IllegalArgumentException("--rate must be at least 1Mi (a second)");
    }
  }
}
