package io.gridset.server.cluster;

import java.util.Optional;

/// What one member holds of one dataset, in bytes.
///
/// @param totalBytes here
/// @param homeBytes those among them that are at home here
/// @param capacityBytes quota of the dataset's tiers
/// @param originBytes read from the origin since the member's start
/// @param servedBytes handed to its readers by copying, since then
public record HeldBytes(
    long totalBytes, long homeBytes, long capacityBytes, long originBytes, long servedBytes) {
  private static final int FIELDS = 5;

  /// As it stands in a shared map. Later versions may append fields.
  String encoded() {
    return totalBytes
        + " "
        + homeBytes
        + " "
        + capacityBytes
        + " "
        + originBytes
        + " "
        + servedBytes;
  }

  /// Reads it back; empty for what another version wrote in another form.
  static Optional<HeldBytes> parse(String text) {
    String[] fields = text.split(" ");
    if (fields.length < FIELDS) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new HeldBytes(
              Long.parseLong(fields[0]),
              Long.parseLong(fields[1]),
              Long.parseLong(fields[2]),
              Long.parseLong(fields[3]),
              Long.parseLong(fields[4])));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
