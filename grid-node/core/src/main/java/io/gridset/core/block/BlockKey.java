package io.gridset.core.block;

/// Block number `index` of a file version.
public record BlockKey(FileVersion version, int index) {
  @Override
  public String toString() {
    return version + "#" + index;
  }
}
