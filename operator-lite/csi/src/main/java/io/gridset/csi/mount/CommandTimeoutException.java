package io.gridset.csi.mount;

import java.io.IOException;
import java.time.Duration;

/// A command did not end in its time.
final class CommandTimeoutException extends IOException {
  private static final long serialVersionUID = 1L;

  CommandTimeoutException(String command, Duration limit) {
    super("`" + command + "` has not ended after " + limit.toMillis() + " ms");
  }
}
