package io.gridset.client;

import java.io.IOException;

/// Nobody listens where the client was told to connect. The message names the place and the remedy.
public final class NoNodeException extends IOException {
  private static final long serialVersionUID = 1L;

  NoNodeException(String message, Throwable cause) {
    super(message, cause);
  }
}
