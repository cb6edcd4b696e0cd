package io.gridset.client;

import io.gridset.core.dataset.DatasetName;
import org.jspecify.annotations.Nullable;

/// A mount of the answering node: of a dataset or of a namespace's objects.
///
/// @param dataset null for a mount of objects
/// @param objects their namespace; null for a mount of a dataset
/// @param transport what it really uses, such as `kernel` or `libfuse`
/// @param passthrough whether the kernel reads sealed files itself: `active`, or why it does not
/// @param state `mounted`, or why it is not (a remembered mount that could not be brought back)
public record MountView(
    @Nullable DatasetName dataset,
    @Nullable String objects,
    String mountPoint,
    String transport,
    String passthrough,
    String state) {

  /// What became of a request.
  public static MountView of(
      MountRequest request, String transport, String passthrough, String state) {
    return switch (request) {
      case MountRequest.OfDataset(var dataset, var mountPoint, _, _) ->
          new MountView(dataset, null, mountPoint, transport, passthrough, state);
      case MountRequest.OfObjects(var namespace, var mountPoint, _, _) ->
          new MountView(null, namespace, mountPoint, transport, passthrough, state);
    };
  }

  /// What is mounted, for people: `default/models`, or `objects of default`.
  public String what() {
    return dataset == null ? "objects of " + objects : dataset.toString();
  }
}
