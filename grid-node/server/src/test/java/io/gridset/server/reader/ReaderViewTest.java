package io.gridset.server.reader;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.client.WireJson;
import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.client.peer.Presence;
import io.gridset.client.trust.ReaderClaims;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.CacheUsage;
import io.gridset.core.control.ApplyOutcome;
import io.gridset.core.control.ControlPlane;
import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.DatasetUsage;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.dataset.LoadRun;
import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.dataset.SecretValue;
import io.gridset.core.dataset.TierDefinition;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.placement.MemberView;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.DataSize;
import io.gridset.server.peer.PeerCaller;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReaderViewTest {
  private static final DataSize MEMORY = DataSize.parse("256Mi");

  @TempDir private Path directory;
  private static final PeerAddress MEMBER = new PeerAddress("member", 1);
  private final List<DatasetDefinition> atMembers = new CopyOnWriteArrayList<>();
  private final Member member = new Member();
  private final Host host = new Host();

  private ReaderView view() {
    return new ReaderView(
        List.of(PeerAddress.parse("127.0.0.1:5801")), member, directory.resolve("grid.json"));
  }

  private static DatasetDefinition dataset(String name, String quota) {
    return new DatasetDefinition(
        "uid-" + name,
        DatasetName.parse("default/" + name),
        List.of(
            new MountDefinition(
                "data",
                "oss://bucket/",
                "/",
                Map.of("plain", "x"),
                Map.of("secret", new SecretValue("y")))),
        List.of(
            new TierDefinition(
                TierDefinition.Medium.SSD, "/ssd", DataSize.parse(quota), 0.95, 0.8)),
        new MetadataPolicy(Duration.ofSeconds(30)));
  }

  @Test
  void whatMembersRunRunsHereInMemoryAndWithoutCredentials() {
    atMembers.add(dataset("a", "64Mi"));
    view().look(host, MEMORY);
    DatasetDefinition here = host.running.get("uid-a");
    assertThat(here.tiers())
        .singleElement()
        .satisfies(
            tier -> {
              assertThat(tier.medium()).isEqualTo(TierDefinition.Medium.MEM);
              assertThat(tier.quota()).isEqualTo(DataSize.parse("64Mi"));
            });
    assertThat(here.mounts().getFirst().options()).isEmpty();
  }

  @Test
  void aReaderThatStartsWhileNoMemberAnswersRunsWhatItKnew() {
    atMembers.add(dataset("a", "64Mi"));
    view().look(host, MEMORY);
    member.silent = true;
    Host restarted = new Host();
    try (ReaderView again = view()) {
      again.follow(restarted, MEMORY);
      assertThat(restarted.running).isEqualTo(host.running);
    }
  }

  @Test
  void aFileThatWasCutOffIsLeftOut() throws Exception {
    Files.writeString(directory.resolve("grid.json"), "{\"members\": [{");
    member.silent = true;
    try (ReaderView view = view()) {
      view.follow(host, MEMORY);
    }
    assertThat(host.running).isEmpty();
  }

  @Test
  void aMemberThatRunsNothingYetEndsNothingHere() {
    atMembers.add(dataset("a", "64Mi"));
    atMembers.add(dataset("b", "64Mi"));
    ReaderView view = view();
    view.look(host, MEMORY);
    List<DatasetDefinition> before = List.copyOf(atMembers);
    atMembers.removeFirst();
    view.look(host, MEMORY);
    atMembers.clear();
    view.look(host, MEMORY);
    atMembers.addAll(before);
    view.look(host, MEMORY);
    assertThat(host.stopped).isEmpty();
    assertThat(host.running).containsOnlyKeys("uid-a", "uid-b");
  }

  @Test
  void aDatasetThatStaysAwayEndsHereTheLastOneToo() {
    atMembers.add(dataset("a", "64Mi"));
    ReaderView view = view();
    view.look(host, MEMORY);
    atMembers.clear();
    for (int look = 0; look < 10; look++) {
      view.look(host, MEMORY);
    }
    assertThat(host.stopped).containsExactly("uid-a");
    view.look(host, MEMORY);
    assertThat(host.stopped).hasSize(1);
  }

  @Test
  void aDatasetThatWasDeletedAndMadeAnewIsTheNewOneAtOnce() {
    atMembers.add(dataset("a", "64Mi"));
    ReaderView view = view();
    view.look(host, MEMORY);
    DatasetDefinition old = atMembers.removeFirst();
    atMembers.add(
        new DatasetDefinition("newer", old.name(), old.mounts(), old.tiers(), old.metadata()));
    view.look(host, MEMORY);
    assertThat(host.running).containsOnlyKeys("newer");
  }

  @Test
  void allDatasetsTogetherStayWithinTheMemory() {
    atMembers.add(dataset("a", "256Mi"));
    ReaderView view = view();
    view.look(host, MEMORY);
    assertThat(quotas()).isEqualTo(256L << 20);
    atMembers.add(dataset("b", "1Gi"));
    atMembers.add(dataset("c", "256Mi"));
    view.look(host, MEMORY);
    assertThat(host.running).hasSize(3);
    assertThat(quotas()).isPositive().isLessThanOrEqualTo(MEMORY.bytes());
  }

  private long quotas() {
    return host.running.values().stream()
        .mapToLong(each -> each.tiers().getFirst().quota().bytes())
        .sum();
  }

  @Test
  void aTokenShowsTheResourcesOfItsDatasetsWhateverTheirNames() throws Exception {
    member.caller =
        new PeerCaller(
            Optional.of(ReaderClaims.toRead(List.of("default/a"), Instant.ofEpochSecond(1))));
    member.resources =
        List.of(
            load("warm-up-of-a", "a"),
            load("a", "b"), // Named like the dataset that may be seen, of one that may not.
            WireJson.mapper().readTree("{\"kind\":\"Dataset\",\"metadata\":{\"name\":\"b\"}}"));
    assertThat(view().resources(ResourceKind.DATA_LOAD, Optional.empty()))
        .extracting(each -> each.path("metadata").path("name").asText())
        .containsExactly("warm-up-of-a");
    assertThat(view().resources(ResourceKind.SECRET, Optional.empty())).isEmpty();
  }

  @Test
  void aTokenOfAReferenceShowsItsOriginOnlyAsFarAsItIsReferredTo() throws Exception {
    DatasetDefinition original =
        new DatasetDefinition(
            "uid-o",
            DatasetName.parse("dev/models"),
            List.of(
                mount("one", "s3://bucket-one", "/one"), mount("two", "s3://bucket-two", "/two")),
            List.of(),
            MetadataPolicy.DEFAULT);
    DatasetDefinition reference =
        new DatasetDefinition(
            "uid-r",
            DatasetName.parse("prod/shared"),
            List.of(mount("m", "dataset://dev/models/one/sub", "/")),
            List.of(),
            MetadataPolicy.DEFAULT);
    atMembers.clear();
    atMembers.addAll(List.of(original, reference));
    member.caller =
        new PeerCaller(
            Optional.of(ReaderClaims.toRead(List.of("prod/shared"), Instant.ofEpochSecond(1))));
    String told =
        new String(member.call(MEMBER, Facts.DATASETS, new byte[0], Duration.ofSeconds(1)), UTF_8);
    assertThat(told).contains("uid-o", "uid-r", "\"one\"").doesNotContain("two", "bucket");
    atMembers.remove(reference); // Its grant was taken back: members do not run it.
    assertThat(
            new String(
                member.call(MEMBER, Facts.DATASETS, new byte[0], Duration.ofSeconds(1)), UTF_8))
        .isEqualTo("[]");
  }

  private static MountDefinition mount(String name, String mountPoint, String path) {
    return new MountDefinition(name, mountPoint, path, Map.of(), Map.of());
  }

  private static JsonNode load(String name, String dataset) throws Exception {
    return WireJson.mapper()
        .readTree(
            """
            {"kind": "DataLoad", "metadata": {"name": "%s", "namespace": "default"},
             "spec": {"dataset": {"name": "%s"}}}"""
                .formatted(name, dataset));
  }

  /// One member that answers as members do, or not at all.
  private final class Member implements Peers, ControlPlane {
    private PeerCaller caller = PeerCaller.member();
    private List<JsonNode> resources = List.of();
    private boolean silent;

    @Override
    public byte[] call(PeerAddress address, String operation, byte[] request, Duration patience)
        throws StorageException {
      if (silent) {
        throw StorageException.retryable(Kind.UNAVAILABLE, "nobody is there");
      }
      return new GridFacts(
              () -> new ClusterView(MemberView.empty(), Map.of()), () -> atMembers, () -> this)
          .all()
          .get(operation)
          .answer(caller, request);
    }

    @Override
    public List<JsonNode> list(ResourceKind kind, Optional<String> namespace) {
      return resources;
    }

    @Override
    public BlockExchange ask(PeerAddress address, BlockRequest request, Duration patience) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Presence presence(PeerAddress address, FileVersion version, Duration patience) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void ping(PeerAddress address, Duration patience) {}

    @Override
    public List<ApplyOutcome> apply(String manifests, String namespace, ApplyMode mode) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Optional<JsonNode> get(ResourceKind kind, DatasetName name) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<JsonNode> events(ResourceKind kind, DatasetName name) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean delete(ResourceKind kind, DatasetName name) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }

  /// Remembers what it was told to run.
  private static final class Host implements DatasetHost {
    private final Map<String, DatasetDefinition> running = new TreeMap<>();
    private final List<String> stopped = new CopyOnWriteArrayList<>();

    @Override
    public void start(DatasetDefinition definition) {
      running.put(definition.uid(), definition);
    }

    @Override
    public void stop(String uid, Disposal disposal) {
      running.remove(uid);
      stopped.add(uid);
    }

    @Override
    public Optional<DatasetFiles> files(DatasetName name) {
      return Optional.empty();
    }

    @Override
    public Optional<DatasetUsage> usage(DatasetName name) {
      return Optional.empty();
    }

    @Override
    public LoadRun load(DatasetName name, LoadRequest request) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void sync(DatasetName name, String path) {}

    @Override
    public long evict(DatasetName name, String path) {
      return 0;
    }

    @Override
    public CacheUsage cacheUsage() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
