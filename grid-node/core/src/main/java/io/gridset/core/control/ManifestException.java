package io.gridset.core.control;

import java.util.List;

/// Manifests that were refused; nothing of them was applied. Each problem names document, field
/// path and remedy, such as `Dataset default/demo: spec.mounts[0].mountpoint: unknown field, did
/// you mean mountPoint?`
public final class ManifestException extends Exception {
  private final List<String> problems;

  public ManifestException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  public List<String> problems() {
    return problems;
  }
}
