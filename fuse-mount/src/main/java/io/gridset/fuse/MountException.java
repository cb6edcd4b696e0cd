package io.gridset.fuse;

/// A directory could not be mounted. The message names the cause and the remedy, for people.
public final class MountException extends Exception {
  public MountException(String message) {
    super(message);
  }

  public MountException(String message, Throwable cause) {
    super(message, cause);
  }
}
