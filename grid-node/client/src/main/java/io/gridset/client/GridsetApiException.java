package io.gridset.client;

import java.io.IOException;

/// The node answered, with an error. The message is the problem's detail and remedy.
public final class GridsetApiException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  GridsetApiException(Problem problem) {
    super(message(problem));
    this.problem = problem;
  }

  private static String message(Problem problem) {
    String detail = problem.detail().isEmpty() ? problem.title() : problem.detail();
    return problem.remedy() == null ? detail : detail + "\n" + problem.remedy();
  }

  public Problem problem() {
    return problem;
  }

  /// The HTTP status.
  public int status() {
    return problem.status();
  }
}
