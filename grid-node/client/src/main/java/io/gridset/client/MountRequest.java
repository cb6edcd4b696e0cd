package io.gridset.client;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.gridset.core.dataset.DatasetName;

/// What to mount where. As JSON, the field `dataset` or `objects` tells which it is.
@JsonTypeInfo(use = JsonTypeInfo.Id.DEDUCTION)
@JsonSubTypes({
  @JsonSubTypes.Type(MountRequest.OfDataset.class),
  @JsonSubTypes.Type(MountRequest.OfObjects.class)
})
public sealed interface MountRequest {
  /// Absolute path of a directory on the node's machine.
  String mountPoint();

  Transport transport();

  Passthrough passthrough();

  /// The same at another mount point.
  MountRequest at(String directory);

  /// A dataset, to be read.
  record OfDataset(
      DatasetName dataset, String mountPoint, Transport transport, Passthrough passthrough)
      implements MountRequest {
    @Override
    public OfDataset at(String directory) {
      return new OfDataset(dataset, directory, transport, passthrough);
    }
  }

  /// The objects of a namespace, to be read and put.
  ///
  /// @param objects the namespace
  record OfObjects(String objects, String mountPoint, Transport transport, Passthrough passthrough)
      implements MountRequest {
    public OfObjects {
      if (!objects.matches("[^/\\s]+")) {
        throw new IllegalArgumentException("'" + objects + "' is no namespace");
      }
    }

    @Override
    public OfObjects at(String directory) {
      return new OfObjects(objects, directory, transport, passthrough);
    }
  }

  /// How the node talks to the kernel.
  enum Transport {
    AUTO,
    KERNEL,
    LIBFUSE
  }

  /// Whether sealed files may be read by the kernel itself.
  enum Passthrough {
    WHERE_POSSIBLE,
    OFF
  }
}
