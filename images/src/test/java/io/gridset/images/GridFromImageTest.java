package io.gridset.images;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Device;
import com.github.dockerjava.api.model.HostConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.MountableFile;

/// The image in a Docker engine: three containers on a network become one grid, which keeps its
/// bytes when one of them dies. Skipped where there is no engine.
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class GridFromImageTest {
  private static final Path ROOT = Path.of(System.getProperty("gridset.root", ".."));
  private static final int MEMBERS = 3;
  private static final int FILES = 6;
  private static final int MOST_BYTES = 5 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
  private static final String DATASET =
      """
      apiVersion: data.fluid.io/v1alpha1
      kind: Dataset
      metadata: {name: demo}
      spec: {mounts: [{mountPoint: "local:///data", path: /}]}
      ---
      apiVersion: data.fluid.io/v1alpha1
      kind: GridRuntime
      metadata: {name: demo}
      spec: {replicas: 3, tieredstore: {levels: [{mediumtype: MEM, path: /dev/shm/demo, quota: 64Mi}]}}
      """;

  private static final List<GenericContainer<?>> members = new ArrayList<>();
  private static final Map<String, String> digests = new TreeMap<>();
  private static Network network;

  @TempDir private static Path data;

  @BeforeAll
  static void threeMembersOnANetwork() throws Exception {
    String image = imageInAnEngine();
    writeData();
    network = Network.newNetwork();
    for (int i = 1; i <= MEMBERS; i++) {
      members.add(member(image, "n" + i));
    }
    members.parallelStream().forEach(GenericContainer::start);
  }

  @AfterAll
  static void nothingIsLeft() {
    members.forEach(GenericContainer::stop);
    members.clear();
    if (network != null) {
      network.close();
    }
  }

  @Test
  void aGridOfThreeContainersServesEveryByteAfterTheDeathOfOne() throws Exception {
    GenericContainer<?> reader = members.getFirst();
    await(reader, "gridset nodes", text -> count(text, "Active") == MEMBERS);
    assertThat(run(reader, "gridset apply -f /etc/gridset/dataset.yaml").getExitCode()).isZero();
    for (GenericContainer<?> member : members) {
      await(member, "gridset get dataset", text -> text.contains("Bound"));
    }
    ExecResult loaded = run(reader, "gridset load demo");
    assertThat(loaded.getExitCode()).as(loaded.toString()).isZero();
    ExecResult mounted = run(reader, "mkdir -p /mnt/demo && gridset mount demo /mnt/demo");
    assertThat(mounted.getExitCode()).as(mounted.toString()).isZero();
    assertThat(digestsAt(members.get(1), "gridset cat demo:/%s | sha256sum")).isEqualTo(digests);

    DockerClientFactory.instance()
        .client()
        .killContainerCmd(members.get(2).getContainerId())
        .exec();

    assertThat(digestsAt(reader, "sha256sum /mnt/demo/%s")).isEqualTo(digests);
    await(reader, "gridset nodes", text -> count(text, "Active") == MEMBERS - 1);
    assertThat(digestsAt(members.get(1), "gridset cat demo:/%s | sha256sum")).isEqualTo(digests);
  }

  @Test
  void aProgramInTheImageBecomesRootForNobody() throws Exception {
    ExecResult found =
        run(members.getFirst(), "stat -c %a /usr/bin/mount /usr/bin/umount /usr/bin/fusermount3");
    assertThat(found.getStdout().lines()).containsOnly("755");
  }

  private static GenericContainer<?> member(String image, String name) {
    String start =
        "address=$(grep \"$HOSTNAME\" /etc/hosts | cut -f1); exec gridset up --node-name "
            + name
            + " --join dns:members:5701 --grid-listen $address:5701 --data-listen $address:5801"
            + " --cluster-token-file /etc/gridset/token";
    return new GenericContainer<>(image)
        .withNetwork(network)
        .withNetworkAliases("members")
        .withSharedMemorySize(256L << 20)
        .withCopyToContainer(
            Transferable.of("a-token-of-this-test-only-0123456789abcdef"), "/etc/gridset/token")
        .withCopyToContainer(Transferable.of(DATASET), "/etc/gridset/dataset.yaml")
        .withCopyFileToContainer(MountableFile.forHostPath(data), "/data")
        .withCreateContainerCmdModifier(
            create -> {
              create.withEntrypoint("sh", "-c", start);
              HostConfig host = create.getHostConfig();
              if (host != null) {
                host.withCapAdd(Capability.SYS_ADMIN)
                    .withDevices(Device.parse("/dev/fuse"))
                    .withSecurityOpts(List.of("seccomp=unconfined", "apparmor=unconfined"));
              }
            });
  }

  /// The name of the image, which the engine has then.
  private static String imageInAnEngine() throws Exception {
    skipUnless(
        System.getenv("DOCKER_HOST") != null || Files.exists(Path.of("/var/run/docker.sock")),
        "there is no Docker engine (apt install docker.io; dockerd)");
    skipUnless(Files.exists(Path.of("/dev/fuse")), "/dev/fuse is missing");
    skipUnless(
        DockerClientFactory.instance().isDockerAvailable(), "the Docker engine does not answer");
    ProcessBuilder build = new ProcessBuilder(ROOT.resolve("tools/build-images.sh").toString());
    build.environment().put("GRIDSET_NO_BUILD", "yes");
    Path log = data.resolveSibling(data.getFileName() + ".log");
    Process process = build.redirectError(log.toFile()).start();
    String tar =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    String said = Files.readString(log).strip();
    Files.delete(log);
    skipUnless(process.waitFor() == 0, "no image can be made here: " + said);
    try (InputStream image = Files.newInputStream(Path.of(tar))) {
      DockerClientFactory.instance().client().loadImageCmd(image).exec();
    }
    return said.lines().toList().getLast().split(" ")[0];
  }

  private static void skipUnless(boolean there, String reason) {
    if (!there) {
      System.out.println("skipped: the grid of three containers: " + reason);
    }
    Assumptions.assumeTrue(there, reason);
  }

  private static void writeData() throws IOException, NoSuchAlgorithmException {
    Random random = new Random(29);
    for (int i = 0; i < FILES; i++) {
      byte[] bytes = new byte[1 + random.nextInt(MOST_BYTES)];
      random.nextBytes(bytes);
      Files.write(data.resolve("part-" + i), bytes);
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      digests.put("part-" + i, HexFormat.of().formatHex(digest));
    }
  }

  private static Map<String, String> digestsAt(GenericContainer<?> member, String command)
      throws Exception {
    Map<String, String> found = new TreeMap<>();
    for (String name : digests.keySet()) {
      ExecResult result = run(member, command.formatted(name));
      found.put(name, result.getStdout().split(" ")[0] + result.getStderr());
    }
    return found;
  }

  private static ExecResult run(GenericContainer<?> member, String command) throws Exception {
    return member.execInContainer("sh", "-c", command);
  }

  private static void await(
      GenericContainer<?> member, String command, java.util.function.Predicate<String> condition)
      throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    ExecResult last = run(member, command);
    while (!condition.test(last.getStdout())) {
      assertThat(System.nanoTime())
          .as("waited in vain: %s%n%s%n%s", command, last, member.getLogs())
          .isLessThan(deadline);
      Thread.sleep(BETWEEN_LOOKS);
      last = run(member, command);
    }
  }

  private static int count(String text, String word) {
    return text.split(word, -1).length - 1;
  }
}
