package io.gridset.core.control;

/// A change of what all members share was refused: too few of them are seen from here.
public final class NoQuorumException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final String remedy;

  public NoQuorumException(String message, String remedy) {
    super(message);
    this.remedy = remedy;
  }

  /// What can be done about it.
  public String remedy() {
    return remedy;
  }
}
