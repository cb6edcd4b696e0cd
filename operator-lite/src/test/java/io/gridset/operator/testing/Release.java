package io.gridset.operator.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/// The versions of Kubernetes that tests run against.
public enum Release {
  /// The oldest that is supported.
  FLOOR,
  /// A current one, which knows rules in the Common Expression Language.
  CURRENT;

  /// Where its programs are, if they were built.
  public Optional<Path> programs() {
    Path script = Path.of(System.getProperty("gridset.root", "."), "tools", "build-kubernetes.sh");
    try {
      Process process =
          new ProcessBuilder(script.toString(), word(), "--built")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String printed =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.waitFor() == 0 ? Optional.of(Path.of(printed)) : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /// What to do when they are not there.
  public String remedy() {
    return "no kube-apiserver: tools/build-kubernetes.sh " + word() + " says what is missing";
  }

  private String word() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
