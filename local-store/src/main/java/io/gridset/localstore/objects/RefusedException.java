package io.gridset.localstore.objects;

/// A request that the store refuses, with the error that the client is told.
public final class RefusedException extends Exception {
  private final StoreError error;

  public RefusedException(StoreError error) {
    this(error, error.message());
  }

  public RefusedException(StoreError error, String message) {
    super(message);
    this.error = error;
  }

  public StoreError error() {
    return error;
  }

  @Override
  public String getMessage() {
    String message = super.getMessage();
    return message == null ? error.message() : message;
  }
}
