package io.gridset.csi;

import io.gridset.core.unit.Ticker;
import io.gridset.csi.rpc.Deadline;
import io.gridset.csi.rpc.RpcServer;
import io.gridset.csi.wire.Answers;
import io.gridset.csi.wire.RegistrationStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the kubelet that there is a plugin, so that no other program has to
/// (`csi-node-driver-registrar`): a socket in the kubelet's directory of plugins, on which it asks
/// who is there, and says what it made of it. The kubelet itself tries again what failed.
/// Constructed means told; `close()` takes the socket away, and the kubelet forgets the plugin.
///
/// Source: `k8s.io/kubelet/pkg/apis/pluginregistration/v1`.
public final class KubeletRegistration implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KubeletRegistration.class);
  private static final String SERVICE = "/pluginregistration.Registration/";

  private final RpcServer server;

  /// @param registry the kubelet's directory `plugins_registry`, where this process has it
  /// @param endpoint the plugin's socket, where the kubelet has it
  /// @throws IOException when no socket can be made there
  public KubeletRegistration(Path registry, String driverName, Path endpoint, Ticker ticker)
      throws IOException {
    Files.createDirectories(registry);
    this.server =
        new RpcServer(
            registry.resolve(driverName + "-reg.sock"),
            Map.of(
                SERVICE + "GetInfo",
                (_, _) -> Answers.registration(driverName, endpoint),
                SERVICE + "NotifyRegistrationStatus",
                KubeletRegistration::told),
            ticker);
  }

  private static byte[] told(byte[] request, Deadline deadline) throws IOException {
    RegistrationStatus status = RegistrationStatus.of(request);
    if (status.registered()) {
      LOG.info("The kubelet has registered this plugin");
    } else {
      LOG.error("The kubelet refuses this plugin, and will try again: {}", status.error());
    }
    return Answers.empty();
  }

  @Override
  public void close() {
    server.close();
  }
}
