package io.gridset.csi.wire;

import java.nio.file.Path;
import java.util.Optional;

/// The answers of a node plugin, encoded.
public final class Answers {
  private static final int STAGE_UNSTAGE_VOLUME = 1;
  private static final int GET_VOLUME_STATS = 2;

  /// Gone from CSI 1.13; kubelets that know it show the condition of volumes in events.
  private static final int VOLUME_CONDITION = 4;

  private static final int BYTES = 1;
  private static final int INODES = 2;

  private Answers() {}

  /// The answer that says nothing.
  public static byte[] empty() {
    return new byte[0];
  }

  /// `GetPluginInfoResponse`.
  public static byte[] pluginInfo(String name, String version) {
    return new ProtoWriter().text(1, name).text(2, version).toBytes();
  }

  /// `PluginInfo` of the kubelet's registration: a CSI driver, its socket and the version of CSI.
  public static byte[] registration(String name, Path endpoint) {
    return new ProtoWriter()
        .text(1, "CSIPlugin")
        .text(2, name)
        .text(3, endpoint.toString())
        .text(4, "1.0.0")
        .toBytes();
  }

  /// `ProbeResponse`: ready.
  public static byte[] ready() {
    return new ProtoWriter().message(1, new ProtoWriter().number(1, 1)).toBytes();
  }

  /// `NodeGetCapabilitiesResponse`.
  public static byte[] nodeCapabilities() {
    ProtoWriter answer = new ProtoWriter();
    for (int type : new int[] {STAGE_UNSTAGE_VOLUME, GET_VOLUME_STATS, VOLUME_CONDITION}) {
      answer.message(1, new ProtoWriter().message(1, new ProtoWriter().number(1, type)));
    }
    return answer.toBytes();
  }

  /// `NodeGetInfoResponse`: no limit of volumes, no topology.
  public static byte[] nodeInfo(String nodeId) {
    return new ProtoWriter().text(1, nodeId).toBytes();
  }

  /// What a file system has.
  public record Usage(long available, long total, long used) {
    private ProtoWriter encoded(int unit) {
      return new ProtoWriter()
          .number(1, available)
          .number(2, total)
          .number(3, used)
          .number(4, unit);
    }
  }

  /// `NodeGetVolumeStatsResponse` of a volume that can be read.
  public static byte[] stats(Usage bytes, Usage inodes) {
    return condition(
            new ProtoWriter().message(1, bytes.encoded(BYTES)).message(1, inodes.encoded(INODES)),
            Optional.empty())
        .toBytes();
  }

  /// `NodeGetVolumeStatsResponse` of a volume that cannot be read now.
  public static byte[] abnormal(String why) {
    return condition(new ProtoWriter(), Optional.of(why)).toBytes();
  }

  private static ProtoWriter condition(ProtoWriter answer, Optional<String> trouble) {
    return answer.message(
        2,
        new ProtoWriter()
            .number(1, trouble.isPresent() ? 1 : 0)
            .text(2, trouble.orElse("the mount answers")));
  }
}
