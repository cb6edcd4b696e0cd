package io.gridset.csi.wire;

import io.gridset.csi.rpc.RpcException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What is asked about a volume: the fields of Node requests, of which each method has some.
/// Missing texts are empty.
///
/// @param stagingPath `staging_target_path`
/// @param targetPath `target_path`, or `volume_path`
/// @param readOnly the pod asks for a volume that cannot be written
/// @param context the volume's attributes, from its PersistentVolume
public record VolumeRequest(
    String volumeId,
    String stagingPath,
    String targetPath,
    Optional<Capability> capability,
    boolean readOnly,
    Map<String, String> context) {

  /// How a volume shall be seen.
  ///
  /// @param block as a device, not as a directory
  /// @param mode the number of an `AccessMode`
  public record Capability(boolean block, int mode) {
    private static final int SINGLE_NODE_READER_ONLY = 2;
    private static final int MULTI_NODE_READER_ONLY = 3;

    /// Whether the mode lets nobody write.
    public boolean readerOnly() {
      return mode == SINGLE_NODE_READER_ONLY || mode == MULTI_NODE_READER_ONLY;
    }
  }

  /// Where the fields stand in a message; 0 for those that it does not have.
  private record Numbers(int staging, int target, int capability, int readOnly, int context) {}

  public static VolumeRequest stage(byte[] message) throws RpcException {
    return read(message, new Numbers(3, 0, 4, 0, 6));
  }

  public static VolumeRequest unstage(byte[] message) throws RpcException {
    return read(message, new Numbers(2, 0, 0, 0, 0));
  }

  public static VolumeRequest publish(byte[] message) throws RpcException {
    return read(message, new Numbers(3, 4, 5, 6, 8));
  }

  public static VolumeRequest unpublish(byte[] message) throws RpcException {
    return read(message, new Numbers(0, 2, 0, 0, 0));
  }

  public static VolumeRequest stats(byte[] message) throws RpcException {
    return read(message, new Numbers(3, 2, 0, 0, 0));
  }

  private static VolumeRequest read(byte[] message, Numbers numbers) throws RpcException {
    ProtoReader reader = new ProtoReader(message);
    Map<String, String> texts = new HashMap<>();
    Map<String, String> context = new HashMap<>();
    Optional<Capability> capability = Optional.empty();
    boolean readOnly = false;
    while (reader.next()) {
      int field = reader.field();
      if (field == 1) {
        texts.put("volume", reader.text());
      } else if (field == numbers.staging) {
        texts.put("staging", reader.text());
      } else if (field == numbers.target) {
        texts.put("target", reader.text());
      } else if (field == numbers.capability) {
        capability = Optional.of(capability(reader.inner()));
      } else if (field == numbers.readOnly) {
        readOnly = reader.number() != 0;
      } else if (field == numbers.context) {
        reader.entry(context);
      }
    }
    return new VolumeRequest(
        texts.getOrDefault("volume", ""),
        texts.getOrDefault("staging", ""),
        texts.getOrDefault("target", ""),
        capability,
        readOnly,
        Map.copyOf(context));
  }

  private static Capability capability(byte[] message) throws RpcException {
    ProtoReader reader = new ProtoReader(message);
    boolean block = false;
    int mode = 0;
    while (reader.next()) {
      switch (reader.field()) {
        case 1 -> block = true;
        case 3 -> mode = mode(reader.inner());
        default -> {}
      }
    }
    return new Capability(block, mode);
  }

  private static int mode(byte[] message) throws RpcException {
    ProtoReader reader = new ProtoReader(message);
    int mode = 0;
    while (reader.next()) {
      if (reader.field() == 1) {
        mode = (int) reader.number();
      }
    }
    return mode;
  }
}
