package io.gridset.cli;

import io.gridset.core.dataset.DatasetName;
import io.gridset.csi.ReaderLauncher;
import io.gridset.node.GridsetNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options of `gridset csi` for the nodes that it starts.
final class CsiReaders {
  @Option(
      names = "--reader-of",
      paramLabel = "HOST:PORT",
      description =
          "Do without FUSE pods: a process of the plugin's mounts each dataset. Data servers of the"
              + " grid that has the dataset [,...]; {namespace} and {name} stand for the volume's"
              + " runtime, here and in --cluster-token-file.")
  private @Nullable String readerOf;

  @Option(names = "--cluster", paramLabel = "NAME", description = "The grid's name.")
  private @Nullable String cluster;

  @Option(
      names = "--cluster-token-file",
      paramLabel = "FILE",
      description = "What its members demand; a reader's token is enough (`gridset token create`).")
  private @Nullable String tokenFile;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description = "For the cache of each reader, such as 4Gi.")
  private @Nullable String memory;

  @Option(names = "--tls-cert", paramLabel = "FILE", description = "As `gridset up` has it.")
  private @Nullable String tlsCert;

  @Option(names = "--tls-key", paramLabel = "FILE", description = "As `gridset up` has it.")
  private @Nullable String tlsKey;

  @Option(names = "--tls-ca", paramLabel = "FILE", description = "As `gridset up` has it.")
  private @Nullable String tlsCa;

  /// Whether datasets are mounted by processes of the plugin's.
  ///
  /// @throws CommandFailure when options for such processes are given without whom they read from
  boolean isAskedFor() {
    if (readerOf == null
        && Stream.of(cluster, tokenFile, memory, tlsCert, tlsKey, tlsCa)
            .anyMatch(Objects::nonNull)) {
      throw CommandFailure.usage(
          "--cluster, --cluster-token-file, --memory and --tls-… are for --reader-of; FUSE pods are"
              + " told by the operator");
    }
    return readerOf != null;
  }

  ReaderLauncher launcher(String program) {
    return new ReaderLauncher() {
      @Override
      public List<String> command(DatasetName dataset, Path runDirectory, Path stateDirectory) {
        List<String> command = new ArrayList<>(List.of(program, "up"));
        command.addAll(List.of("--run-dir", runDirectory.toString()));
        command.addAll(List.of("--state-dir", stateDirectory.toString()));
        command.addAll(options(dataset));
        return command;
      }

      @Override
      public boolean runs(Path runDirectory) throws IOException {
        return GridsetNode.holds(runDirectory);
      }
    };
  }

  private List<String> options(DatasetName dataset) {
    List<String> options = new ArrayList<>();
    add(options, "--reader-of", readerOf == null ? null : filled(readerOf, dataset));
    add(options, "--cluster", cluster);
    add(options, "--cluster-token-file", tokenFile == null ? null : filled(tokenFile, dataset));
    add(options, "--memory", memory);
    add(options, "--tls-cert", tlsCert);
    add(options, "--tls-key", tlsKey);
    add(options, "--tls-ca", tlsCa);
    return options;
  }

  private static String filled(String text, DatasetName dataset) {
    return text.replace("{namespace}", dataset.namespace()).replace("{name}", dataset.name());
  }

  private static void add(List<String> options, String name, @Nullable String value) {
    if (value != null) {
      options.addAll(List.of(name, value));
    }
  }
}
