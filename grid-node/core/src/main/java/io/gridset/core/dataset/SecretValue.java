package io.gridset.core.dataset;

/// A secret that never prints itself.
public record SecretValue(String reveal) {
  @Override
  public String toString() {
    return "***";
  }
}
