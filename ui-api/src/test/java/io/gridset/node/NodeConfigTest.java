package io.gridset.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.client.trust.ClusterToken;
import io.gridset.client.trust.ReaderClaims;
import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeConfigTest {
  @TempDir private Path directory;

  @Test
  void optionsWinOverTheFileAndTheFileOverTheEnvironment() throws IOException {
    Path file = Files.writeString(directory.resolve("c"), "memory: 2Gi\nstateDir: /from/file\n");
    NodeSettings settings =
        new NodeConfig(
                Map.of(
                    "GRIDSET_MEMORY",
                    "1Mi",
                    "GRIDSET_RUN_DIR",
                    "/run/env",
                    "GRIDSET_LISTEN",
                    "[::1]:0"))
            .file(file)
            .option("stateDir", Optional.of("/from/option"))
            .option("runDir", Optional.empty())
            .settings();
    assertThat(settings.memory()).isEqualTo(DataSize.parse("2Gi"));
    assertThat(settings.stateDirectory()).isEqualTo(Path.of("/from/option"));
    assertThat(settings.runDirectory()).isEqualTo(Path.of("/run/env"));
    assertThat(settings.listen()).contains(new NodeSettings.ListenAddress("::1", 0));
  }

  @Test
  void allFaultsAreToldAtOnceWithTheirPlaces() throws IOException {
    Path file =
        Files.writeString(directory.resolve("c"), "memry: 2Gi\nlisten: here\nstateDir: [a]\n");
    assertThatThrownBy(() -> new NodeConfig(Map.of("GRIDSET_MEMORY", "lots")).file(file).settings())
        .hasMessageContaining("unknown setting memry, did you mean memory?")
        .hasMessageContaining(file + ": listen: 'here' is not host:port")
        .hasMessageContaining("stateDir needs a single value")
        .hasMessageContaining("GRIDSET_MEMORY: 'lots' is not a size");
    assertThatThrownBy(() -> new NodeConfig(Map.of()).file(directory.resolve("none")).settings())
        .hasMessageContaining("there is no settings file");
    assertThatThrownBy(() -> new NodeConfig(Map.of()).option("memory", Optional.of("0")).settings())
        .hasMessage("--memory: a tier of 0 bytes caches nothing");
  }

  @Test
  void aReaderTokenIsForReadersAndTheSecretForBoth() throws Exception {
    Path secret = Files.writeString(directory.resolve("secret"), "0123456789abcdef0123");
    String token =
        ClusterToken.read(secret)
            .readerToken(ReaderClaims.toRead(List.of("a/b"), Instant.EPOCH.plusSeconds(1)));
    Path derived = Files.writeString(directory.resolve("derived"), token + "\n");
    Path broken = Files.writeString(directory.resolve("broken"), "gst1.no-token-at-all");
    for (Path file : List.of(secret, derived)) {
      assertThat(with("readerOf", file).settings().reader().orElseThrow().tokenFile())
          .contains(file);
    }
    assertThatThrownBy(() -> with("readerOf", broken).settings())
        .hasMessageContaining("this is no reader token");
    assertThatThrownBy(() -> with("join", derived).settings())
        .hasMessageContaining("holds a reader token");
  }

  private static NodeConfig with(String role, Path tokenFile) {
    return new NodeConfig(Map.of())
        .option(role, Optional.of("127.0.0.1:5801"))
        .option("clusterTokenFile", Optional.of(tokenFile.toString()));
  }

  @Test
  void objectsAreServedOverFlightWhereOneSaysSo() throws IOException {
    assertThat(new NodeConfig(Map.of()).settings().objects().flight()).isEmpty();
    NodeConfig flight =
        new NodeConfig(Map.of()).option("flightListen", Optional.of("127.0.0.1:7601"));
    ObjectSettings.Flight read = flight.settings().objects().flight().orElseThrow();
    assertThat(read.listen()).isEqualTo(new NodeSettings.ListenAddress("127.0.0.1", 7601));
    assertThat(read.tls()).isEmpty();
    assertThat(flight.settings().objects().options())
        .containsExactly("--flight-listen", "127.0.0.1:7601");

    Path file = Files.writeString(directory.resolve("pem"), "a file\n");
    for (String key : List.of("tlsCert", "tlsKey")) {
      var _ = flight.option(key, Optional.of(file.toString()));
    }
    assertThatThrownBy(flight::settings).hasMessageContaining("needs all three");
    NodeConfig whole =
        new NodeConfig(Map.of("GRIDSET_FLIGHT_LISTEN", "127.0.0.1:0"))
            .option("tlsCert", Optional.of(file.toString()))
            .option("tlsKey", Optional.of(file.toString()))
            .option("tlsCa", Optional.of(file.toString()));
    assertThat(whole.settings().objects().flight().orElseThrow().tls())
        .contains(new ClusterSettings.TlsFiles(file, file, file));

    Path secret = Files.writeString(directory.resolve("reads"), "0123456789abcdef0123\n");
    assertThatThrownBy(
            () -> with("readerOf", secret).option("flightListen", Optional.of("h:1")).settings())
        .hasMessageContaining("a node that only reads has no objects");
  }

  @Test
  void aRunDirectoryHasOneNode() throws IOException {
    Path run = directory.resolve("run");
    assertThat(GridsetNode.holds(run)).isFalse();
    try (RunDirectory held = RunDirectory.take(run)) {
      assertThat(GridsetNode.holds(run)).isTrue();
      assertThatThrownBy(() -> RunDirectory.take(run))
          .hasMessageContaining("already (pid " + ProcessHandle.current().pid() + ")");
      assertThat(held).isNotNull();
    }
    RunDirectory.take(run).close();
  }
}
