package io.gridset.cli;

import io.gridset.core.manifest.NearestName;
import io.gridset.core.manifest.ResourceKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// Kinds as the command line names them.
final class Kinds {
  private static final String GROUP = ".data.fluid.io";

  private Kinds() {}

  /// Reads a kind, singular, plural or short name.
  static ResourceKind parse(String text) {
    String bare = text.endsWith(GROUP) ? text.substring(0, text.length() - GROUP.length()) : text;
    return ResourceKind.find(bare).orElseThrow(() -> unknown(text));
  }

  private static CommandFailure unknown(String text) {
    List<String> known = new ArrayList<>();
    for (ResourceKind kind : ResourceKind.values()) {
      known.add(singular(kind.kind()));
      known.add(kind.plural());
      known.addAll(kind.aliases());
    }
    return CommandFailure.usage(
        "there is no kind of resource '"
            + text
            + "'"
            + NearestName.of(text, known).map(near -> ", did you mean " + near + "?").orElse(";")
            + " there are "
            + Arrays.stream(ResourceKind.values())
                .map(kind -> singular(kind.kind()))
                .collect(Collectors.joining(", ")));
  }

  /// `dataset.data.fluid.io/demo`, as kubectl prints a resource; also for kinds that are not ours.
  static String qualified(String kind, String name) {
    boolean fluid = ResourceKind.find(kind).map(k -> !k.apiVersion().equals("v1")).orElse(false);
    return singular(kind) + (fluid ? GROUP : "") + "/" + name;
  }

  private static String singular(String kind) {
    return kind.toLowerCase(Locale.ROOT);
  }
}
