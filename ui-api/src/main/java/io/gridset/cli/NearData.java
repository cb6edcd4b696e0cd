package io.gridset.cli;

import io.gridset.client.AffinityView;
import io.gridset.client.GridsetApiException;
import io.gridset.client.GridsetClient;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What is meant by a name where data may be a dataset or an object: with a colon an object, else
/// the dataset of that name, and if there is none the object.
final class NearData {
  private static final int NOT_FOUND = 404;

  private NearData() {}

  /// Which nodes hold all of them together.
  static AffinityView affinity(
      GridsetClient client, GridsetCommand gridset, List<String> names, @Nullable String namespace)
      throws IOException {
    AffinityView all = affinity(client, gridset, names.getFirst(), namespace);
    for (String name : names.subList(1, names.size())) {
      all = all.and(affinity(client, gridset, name, namespace));
    }
    return all;
  }

  /// Which nodes hold it.
  ///
  /// @param name `NAME` or `NAMESPACE/NAME` of a dataset, `NAME` or `NAMESPACE:NAME` of an object
  private static AffinityView affinity(
      GridsetClient client, GridsetCommand gridset, String name, @Nullable String namespace)
      throws IOException {
    if (name.indexOf(':') >= 0 || !name.matches("([^/]+/)?[^/]+")) {
      return client.affinity(ObjectsCommand.name(gridset, name, namespace));
    }
    try {
      return client.affinity(gridset.dataset(name, namespace));
    } catch (GridsetApiException e) {
      if (e.status() != NOT_FOUND) {
        throw e;
      }
      return ofObject(client, gridset, name, namespace);
    }
  }

  private static AffinityView ofObject(
      GridsetClient client, GridsetCommand gridset, String name, @Nullable String namespace)
      throws IOException {
    try {
      return client.affinity(ObjectsCommand.name(gridset, name, namespace));
    } catch (GridsetApiException e) {
      if (e.status() != NOT_FOUND) {
        throw e;
      }
      throw CommandFailure.notFound("no dataset " + name + " runs here, and " + e.getMessage());
    }
  }
}
