package io.gridset.server.host;

import static io.gridset.server.read.ReadFixture.BLOCK;
import static io.gridset.server.read.ReadFixture.random;
import static io.gridset.server.read.ReadFixture.readAll;
import static io.gridset.server.read.ReadFixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.client.peer.ObjectLocator;
import io.gridset.client.trust.ReaderClaims;
import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.DatasetUsage;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.dataset.LoadRun;
import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.dataset.TierDefinition;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.DataSize;
import io.gridset.server.peer.LocalPeerService;
import io.gridset.server.peer.PeerCaller;
import io.gridset.server.read.MemoryBlockCache;
import io.gridset.server.read.MemoryBudget;
import io.gridset.server.read.ReadFixture;
import io.gridset.server.tree.FaultyUnderStore;
import io.gridset.server.tree.TestingTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LocalDatasetHostTest {
  private static final DatasetName MODELS = DatasetName.parse("dev/models");
  private static final DatasetName VIEW = DatasetName.parse("prod/models");

  private final Map<String, FaultyUnderStore> stores = new HashMap<>();
  private final List<MemoryBlockCache> caches = new ArrayList<>();
  private final LocalDatasetHost host =
      new LocalDatasetHost(
          new HostSettings(
              this::open,
              _ -> newCache(),
              ReadFixture.settings(new MemoryBudget(8 << 20)),
              new TestingTicker(),
              Duration.ofSeconds(30)));

  private FaultyUnderStore open(MountDefinition mount) throws StorageException {
    if (mount.scheme().equals("nfs")) {
      throw StorageException.of(Kind.UNSUPPORTED, "unknown scheme nfs");
    }
    return stores.get(mount.mountPoint());
  }

  private MemoryBlockCache newCache() {
    caches.add(new MemoryBlockCache(64 << 20));
    return caches.getLast();
  }

  private static MountDefinition mount(String point, String path) {
    return new MountDefinition("m" + path, point, path, Map.of(), Map.of());
  }

  private static DatasetDefinition dataset(
      String uid, DatasetName name, String quota, MountDefinition... mounts) {
    TierDefinition tier =
        new TierDefinition(TierDefinition.Medium.MEM, "memory", DataSize.parse(quota), 0.95, 0.7);
    return new DatasetDefinition(uid, name, List.of(mounts), List.of(tier), MetadataPolicy.DEFAULT);
  }

  private DatasetFiles files(DatasetName name) {
    return host.files(name).orElseThrow();
  }

  private byte[] read(DatasetName name, String path) throws StorageException {
    try (OpenFile file = files(name).open(path)) {
      return readAll(file, BLOCK);
    }
  }

  @BeforeEach
  void startOne() throws Exception {
    FaultyUnderStore store = new FaultyUnderStore();
    for (int i = 0; i < 10; i++) {
      store.put("sub/f" + i, random(3 * BLOCK, i));
      store.put("other/f" + i, random(100, i));
    }
    stores.put("s3://bucket", store);
    host.start(dataset("u1", MODELS, "1Gi", mount("s3://bucket", "/")));
  }

  @AfterEach
  void close() {
    host.close();
    assertThat(caches).allMatch(cache -> cache.closed);
    until("flights end", () -> caches.stream().allMatch(cache -> cache.opens() == 0));
  }

  @Test
  void aStartedDatasetIsReadLoadedCountedAndEvicted() throws Exception {
    assertThat(read(MODELS, "sub/f3")).isEqualTo(random(3 * BLOCK, 3));
    LoadRun load = host.load(MODELS, new LoadRequest(List.of(), LoadRequest.Mode.LOAD, true));
    until("the load ends", () -> load.progress().phase().isEnd());
    until("the total is known", () -> host.usage(MODELS).orElseThrow().totalBytes().isPresent());
    DatasetUsage usage = host.usage(MODELS).orElseThrow();
    long all = 10 * (3 * BLOCK + 100);
    assertThat(usage.totalBytes()).hasValue(all);
    assertThat(usage.files()).hasValue(20);
    assertThat(usage.cachedBytes()).isEqualTo(all);
    assertThat(usage.originBytes()).isEqualTo(all);
    assertThat(usage.servedBytes()).isEqualTo(3 * BLOCK);
    assertThat(host.cacheUsage().usedBytes()).isEqualTo(all);
    until("sessions end", () -> caches.getFirst().opens() == 0);
    assertThat(host.evict(MODELS, "sub")).isEqualTo(10 * 3 * BLOCK);
    assertThat(host.evict(MODELS, "other/f1")).isEqualTo(100);
  }

  @Test
  void aMountThatDoesNotAnswerIsNamedWithItsField() throws Exception {
    FaultyUnderStore down = new FaultyUnderStore();
    down.down = true;
    stores.put("s3://down", down);
    assertThatThrownBy(
            () ->
                host.start(
                    dataset(
                        "u2", VIEW, "1Gi", mount("s3://bucket", "/a"), mount("s3://down", "/b"))))
        .hasMessageContaining("mounts[1].mountPoint (s3://down): the store is down");
    assertThatThrownBy(() -> host.start(dataset("u2", VIEW, "1Gi", mount("nfs://server/x", "/"))))
        .hasMessageContaining("mounts[0].mountPoint (nfs://server/x): unknown scheme nfs");
    assertThat(host.files(VIEW)).isEmpty();
  }

  @Test
  void replacingKeepsTheCacheWhenTheTiersAreTheSame() throws Exception {
    read(MODELS, "sub/f0");
    FaultyUnderStore more = new FaultyUnderStore();
    more.put("x", random(10, 99));
    stores.put("s3://more", more);
    FaultyUnderStore first = stores.get("s3://bucket");
    long before = first.bytesRead.get();
    try (OpenFile held = files(MODELS).open("sub/f0")) {
      host.start(
          dataset("u1", MODELS, "1Gi", mount("s3://bucket", "/"), mount("s3://more", "/more")));
      assertThat(readAll(held, BLOCK)).isEqualTo(random(3 * BLOCK, 0));
    }
    assertThat(read(MODELS, "sub/f0")).isEqualTo(random(3 * BLOCK, 0));
    assertThat(read(MODELS, "more/x")).isEqualTo(random(10, 99));
    assertThat(first.bytesRead).hasValue(before);
    assertThat(caches).hasSize(1);
    host.start(dataset("u1", MODELS, "2Gi", mount("s3://bucket", "/")));
    assertThat(caches).hasSize(2);
    assertThat(caches.getFirst().closed).isTrue();
  }

  @Test
  void aReplacementThatFailsLeavesTheRunningOneAsItWas() throws Exception {
    assertThatThrownBy(() -> host.start(dataset("u1", MODELS, "1Gi", mount("nfs://server/x", "/"))))
        .isInstanceOf(StorageException.class);
    assertThat(read(MODELS, "sub/f1")).isEqualTo(random(3 * BLOCK, 1));
  }

  @Test
  void filesAndWatchesOutliveTheReplacementOfTheirDataset() throws Exception {
    DatasetFiles before = files(MODELS);
    List<String> told = new ArrayList<>();
    try (AutoCloseable _ = before.watch(told::add)) {
      host.start(dataset("u1", MODELS, "1Gi", mount("s3://bucket", "/moved")));
      assertThat(before.find("sub")).isEmpty();
      try (OpenFile file = before.open("moved/other/f1")) {
        readAll(file, BLOCK);
      }
      assertThat(told).containsExactly("moved/other/f1");
    }
    until("counted", () -> host.usage(MODELS).orElseThrow().totalBytes().isPresent());
    long lists = stores.get("s3://bucket").lists.get();
    DatasetDefinition same = dataset("u1", MODELS, "1Gi", mount("s3://bucket", "/moved"));
    host.start(same);
    assertThat(stores.get("s3://bucket").lists).as("nothing to do").hasValue(lists);
  }

  @Test
  void aNameTakenByANewDatasetStopsTheOldOne() throws Exception {
    FaultyUnderStore other = new FaultyUnderStore();
    other.put("y", random(5, 1));
    stores.put("s3://other", other);
    host.start(dataset("u7", MODELS, "1Gi", mount("s3://other", "/")));
    assertThat(caches.getFirst().closed).isTrue();
    assertThat(read(MODELS, "y")).hasSize(5);
    host.stop("u1", Disposal.DROP_BYTES);
    assertThat(host.files(MODELS)).isPresent();
  }

  @Test
  void stoppingDropsBytesOnlyWhenAsked() throws Exception {
    read(MODELS, "sub/f0");
    host.stop("u1", Disposal.KEEP_BYTES);
    assertThat(caches.getFirst().presentBytesOf("u1")).isPositive();
    assertThat(host.files(MODELS)).isEmpty();
    assertThat(stores.get("s3://bucket").closed).isTrue();
    host.start(dataset("u1", MODELS, "1Gi", mount("s3://bucket", "/")));
    read(MODELS, "sub/f0");
    until("flights end", () -> caches.getLast().opens() == 0);
    host.stop("u1", Disposal.DROP_BYTES);
    assertThat(caches.getLast().presentBytesOf("u1")).isZero();
    host.stop("unknown", Disposal.DROP_BYTES);
  }

  @Test
  void aReferenceShowsTheOtherDatasetsFilesAndLoadsNothingTwice() throws Exception {
    host.start(dataset("v", VIEW, "1Gi", mount("dataset://dev/models/sub/", "/")));
    FileEntry original = files(MODELS).find("sub/f4").orElseThrow();
    FileEntry shown = files(VIEW).find("f4").orElseThrow();
    assertThat(shown.version()).isEqualTo(original.version());
    assertThat(shown.path()).isEqualTo("f4");
    assertThat(files(VIEW).find("").orElseThrow().inode()).isEqualTo(1);
    assertThat(files(VIEW).list("")).hasSize(10).contains(shown);
    assertThat(files(VIEW).find("other")).isEmpty();
    List<String> told = new ArrayList<>();
    try (AutoCloseable _ = files(VIEW).watch(told::add)) {
      assertThat(read(VIEW, "f4")).isEqualTo(read(MODELS, "sub/f4"));
      read(MODELS, "other/f4");
    }
    assertThat(told).containsExactly("f4");
    assertThat(stores.get("s3://bucket").bytesRead).hasValue(3 * BLOCK + 100);
    DatasetUsage usage = host.usage(VIEW).orElseThrow();
    assertThat(usage.totalBytes()).hasValue(10 * 3 * BLOCK);
    assertThat(usage.cachedBytes()).isEqualTo(3 * BLOCK);
    LoadRun load = host.load(VIEW, new LoadRequest(List.of("/f5"), LoadRequest.Mode.LOAD, false));
    until("the load ends", () -> load.progress().phase().isEnd());
    assertThat(files(MODELS).cachedBytes("sub/f5")).isEqualTo(3 * BLOCK);
    host.stop("u1", Disposal.KEEP_BYTES);
    assertThatThrownBy(() -> files(VIEW).find("f4"))
        .hasMessageContaining("dev/models, which prod/models refers to, is not running");
  }

  @Test
  void theTokenOfAReferenceOpensBlocksOfItsDirectoryWhileItRuns() throws Exception {
    host.start(dataset("v", VIEW, "1Gi", mount("dataset://dev/models/sub/", "/")));
    LocalPeerService service = new LocalPeerService(host);
    PeerCaller tenant = caller(VIEW.toString());
    service.requireRead(tenant, object("sub/f4"));
    service.requireRead(caller(MODELS.toString()), object("other/f4"));
    for (String path :
        List.of("other/f4", "sub", "subtle/f4", "sub/../other/f4", "./sub/f4", "/sub/f4", "")) {
      boolean covered = path.equals("sub");
      assertThat(isRefused(service, tenant, path)).as(path).isEqualTo(!covered);
    }
    assertThat(isRefused(service, caller("prod/another"), "sub/f4")).isTrue();
    host.stop("v", Disposal.KEEP_BYTES);
    assertThat(isRefused(service, tenant, "sub/f4")).isTrue();
  }

  private static PeerCaller caller(String dataset) {
    return new PeerCaller(Optional.of(ReaderClaims.toRead(List.of(dataset), Instant.MAX)));
  }

  private ObjectLocator object(String storePath) {
    String mount = host.definitions().getFirst().mounts().getFirst().name();
    return new ObjectLocator("u1", mount, storePath, new ObjectIdentity(1, null, "e"));
  }

  private boolean isRefused(LocalPeerService service, PeerCaller caller, String storePath) {
    try {
      service.requireRead(caller, object(storePath));
      return false;
    } catch (StorageException e) {
      assertThat(e.kind()).isEqualTo(Kind.ACCESS_DENIED);
      return true;
    }
  }

  @Test
  void aReferenceToNothingIsRefused() {
    for (String point :
        List.of("dataset://dev/none", "dataset://dev/models/none", "dataset://dev")) {
      assertThatThrownBy(() -> host.start(dataset("v", VIEW, "1Gi", mount(point, "/"))))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("mounts[0].mountPoint");
    }
    assertThatThrownBy(
            () ->
                host.start(
                    dataset(
                        "v",
                        VIEW,
                        "1Gi",
                        mount("s3://bucket", "/a"),
                        mount("dataset://dev/models", "/b"))))
        .hasMessageContaining("must be the only one");
  }
}
