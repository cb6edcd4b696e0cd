package io.gridset.csi.wire;

import io.gridset.core.unit.Ticker;
import io.gridset.csi.rpc.RpcServer;
import io.gridset.csi.rpc.UnaryMethod;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/// A controller for csi-sanity, whose tests of nodes ask one for volumes; PersistentVolumes of
/// datasets are made by an operator. Arguments: a socket, a namespace, the name of a dataset.
public final class SanityControllerMain {
  private SanityControllerMain() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    ProtoWriter volume =
        new ProtoWriter()
            .number(1, 1 << 20)
            .text(2, arguments[1] + "-" + arguments[2])
            .message(3, entry("runtime_namespace", arguments[1]))
            .message(3, entry("runtime_name", arguments[2]));
    byte[] created = new ProtoWriter().message(1, volume).toBytes();
    byte[] capabilities =
        new ProtoWriter()
            .message(1, new ProtoWriter().message(1, new ProtoWriter().number(1, 1)))
            .toBytes();
    Map<String, UnaryMethod> methods =
        Map.of(
            "/csi.v1.Identity/Probe", (_, _) -> Answers.ready(),
            "/csi.v1.Identity/GetPluginInfo", (_, _) -> Answers.pluginInfo("controller", "1"),
            "/csi.v1.Identity/GetPluginCapabilities", (_, _) -> Answers.empty(),
            "/csi.v1.Controller/CreateVolume", (_, _) -> created,
            "/csi.v1.Controller/DeleteVolume", (_, _) -> Answers.empty(),
            "/csi.v1.Controller/ControllerGetCapabilities", (_, _) -> capabilities);
    try (RpcServer _ = new RpcServer(Path.of(arguments[0]), methods, Ticker.system())) {
      new CountDownLatch(1).await(); // Until it is ended.
    }
  }

  private static ProtoWriter entry(String key, String value) {
    return new ProtoWriter().text(1, key).text(2, value);
  }
}
