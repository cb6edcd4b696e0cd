package io.gridset.node;

import java.io.IOException;

/// The parts of a node on this machine.
public final class LocalParts {
  private LocalParts() {}

  @SuppressWarnings("DoNotCallSuggester")
  public static NodeParts open(NodeSettings settings) throws IOException {
    throw new IOException("this build has no parts for a node in " + settings.stateDirectory());
  }
}
