package io.gridset.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.gridset.client.GridsetApiException;
import io.gridset.client.GridsetClient;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset delete`.
@Command(
    name = "delete",
    description = "Delete resources; deleting a dataset releases all that it held.",
    footerHeading = "%nExamples:%n",
    footer = {"  gridset delete dataset serverless-data", "  gridset delete -f manifests/"},
    mixinStandardHelpOptions = true)
final class DeleteCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Parameters(index = "0", arity = "0..1", paramLabel = "KIND", description = "As for get.")
  private @Nullable String kind;

  @Parameters(index = "1..*", paramLabel = "NAME", description = "The resources.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = {"-f", "--filename"},
      paramLabel = "FILE|DIR|-",
      description = "Delete what these manifests declare.")
  private List<String> places = new ArrayList<>();

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace (default: default).")
  private @Nullable String namespace;

  @Option(names = "--ignore-not-found", description = "What is not there counts as deleted.")
  private boolean ignoreNotFound;

  DeleteCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  private record Target(ResourceKind kind, DatasetName name) {}

  @Override
  public Integer call() throws IOException {
    List<Target> targets = places.isEmpty() ? named() : declared();
    int exitCode = ExitCode.OK;
    try (GridsetClient client = gridset.client()) {
      // A dataset takes its runtime and its loads along: gone by then, they are deleted all the
      // same.
      Set<Target> present = targets.size() > 1 ? present(client, targets) : Set.of();
      for (Target target : targets) {
        try {
          client.delete(target.kind(), target.name());
          gridset
              .surroundings()
              .out()
              .println(Kinds.qualified(target.kind().kind(), target.name().name()) + " deleted");
        } catch (GridsetApiException e) {
          if (e.status() != 404) {
            throw e;
          }
          if (present.contains(target)) {
            gridset
                .surroundings()
                .out()
                .println(
                    Kinds.qualified(target.kind().kind(), target.name().name())
                        + " deleted with its dataset");
          } else if (!ignoreNotFound) {
            gridset.surroundings().err().println("gridset: " + e.getMessage());
            exitCode = ExitCode.NOT_FOUND;
          }
        }
      }
    }
    return exitCode;
  }

  private static Set<Target> present(GridsetClient client, List<Target> targets)
      throws IOException {
    Set<Target> present = new HashSet<>();
    for (Target target : targets) {
      try {
        client.resource(target.kind(), target.name());
        present.add(target);
      } catch (GridsetApiException e) {
        if (e.status() != 404) {
          throw e;
        }
      }
    }
    return present;
  }

  private List<Target> named() {
    if (kind == null || names.isEmpty()) {
      throw CommandFailure.usage("name what to delete: KIND NAME, or -f FILE");
    }
    ResourceKind wanted = Kinds.parse(kind);
    return names.stream().map(n -> new Target(wanted, gridset.dataset(n, namespace))).toList();
  }

  private List<Target> declared() throws IOException {
    if (kind != null) {
      throw CommandFailure.usage("either KIND NAME or -f FILE, not both");
    }
    List<Target> targets = new ArrayList<>();
    String text = new ManifestFiles(gridset.surroundings()).read(places);
    YAMLMapper yaml = new YAMLMapper();
    try (MappingIterator<JsonNode> documents = yaml.readerFor(JsonNode.class).readValues(text)) {
      while (documents.hasNext()) {
        JsonNode document = documents.next();
        Optional<ResourceKind> declared = ResourceKind.find(document.path("kind").asText());
        String name = document.at("/metadata/name").asText();
        if (declared.isPresent() && !name.isEmpty()) {
          String own = document.at("/metadata/namespace").asText();
          targets.add(
              new Target(
                  declared.get(),
                  new DatasetName(own.isEmpty() ? gridset.namespace(namespace) : own, name)));
        }
      }
    }
    return targets;
  }
}
