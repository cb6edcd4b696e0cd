package io.gridset.csi;

import io.gridset.core.unit.Ticker;
import io.gridset.csi.rpc.RpcCode;
import io.gridset.csi.rpc.RpcException;
import io.gridset.csi.rpc.RpcServer;
import io.gridset.csi.rpc.UnaryMethod;
import io.gridset.csi.wire.Answers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// A node plugin: the services Identity and Node of CSI on a Unix socket. Constructed means
/// serving; `close()` ends the service and leaves all mounts as they are.
public final class CsiPlugin implements AutoCloseable {
  private static final Path DEVICE = Path.of("/dev/fuse");
  private static final String IDENTITY = "/csi.v1.Identity/";
  private static final String NODE = "/csi.v1.Node/";

  private final Recovery recovery;
  private final RpcServer server;

  /// @throws IOException when the socket or the state directory cannot be used
  public CsiPlugin(CsiSettings settings, FuseMounts mounts, Ticker ticker) throws IOException {
    Files.createDirectories(settings.stateDirectory());
    Path parent = settings.socket().toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    VolumeBook book = new VolumeBook(settings.stateDirectory());
    KeyedLocks locks = new KeyedLocks();
    NodeService node = new NodeService(settings, book, mounts, locks);
    this.server = new RpcServer(settings.socket(), methods(settings, node), ticker);
    this.recovery = new Recovery(book, mounts, locks, ticker);
  }

  private static Map<String, UnaryMethod> methods(CsiSettings settings, NodeService node) {
    Map<String, UnaryMethod> methods = new HashMap<>();
    methods.put(
        IDENTITY + "GetPluginInfo",
        (_, _) -> Answers.pluginInfo(settings.driverName(), settings.version()));
    methods.put(IDENTITY + "GetPluginCapabilities", (_, _) -> Answers.empty());
    methods.put(IDENTITY + "Probe", (_, _) -> probe());
    methods.put(NODE + "NodeGetCapabilities", (_, _) -> Answers.nodeCapabilities());
    methods.put(NODE + "NodeGetInfo", (_, _) -> Answers.nodeInfo(settings.nodeId()));
    methods.put(NODE + "NodeStageVolume", node::stage);
    methods.put(NODE + "NodeUnstageVolume", node::unstage);
    methods.put(NODE + "NodePublishVolume", node::publish);
    methods.put(NODE + "NodeUnpublishVolume", node::unpublish);
    methods.put(NODE + "NodeGetVolumeStats", node::stats);
    return methods;
  }

  private static byte[] probe() throws RpcException {
    if (!Files.exists(DEVICE)) {
      throw new RpcException(
          RpcCode.FAILED_PRECONDITION,
          "there is no /dev/fuse: load the kernel's module fuse on this node (modprobe fuse), and"
              + " give the device to the plugin's container");
    }
    return Answers.ready();
  }

  @Override
  public void close() {
    try (server) {
      recovery.close();
    }
  }
}
