package io.gridset.server.reader;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.gridset.client.WireJson;
import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.PeerAddress;
import io.gridset.core.dataset.Copies;
import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.dataset.TierDefinition;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What members tell readers, in JSON: the members, and datasets without their credentials. Pure.
final class Facts {
  static final String VIEW = "view";
  static final String DATASETS = "datasets";
  static final String RESOURCES = "resources";

  /// A member; `address` is null for one that cannot be asked.
  record OfMember(String id, double weight, @Nullable String address) {}

  /// A mount, without options: they are the store's, which readers do not have.
  record OfMount(String name, String mountPoint, String path) {}

  record OfTier(TierDefinition.Medium medium, String path, long quotaBytes, Marks marks) {}

  record Marks(double high, double low) {}

  /// A dataset as it runs; `copies` is null when a member of an older version tells it.
  record OfDataset(
      String uid,
      String name,
      List<OfMount> mounts,
      List<OfTier> tiers,
      String timeToLive,
      @Nullable Copies copies) {
    OfDataset {
      mounts = List.copyOf(mounts);
      tiers = List.copyOf(tiers);
    }

    static OfDataset of(DatasetDefinition dataset) {
      return new OfDataset(
          dataset.uid(),
          dataset.name().toString(),
          dataset.mounts().stream()
              .map(mount -> new OfMount(mount.name(), mount.mountPoint(), mount.path()))
              .toList(),
          dataset.tiers().stream()
              .map(
                  tier ->
                      new OfTier(
                          tier.medium(),
                          tier.path(),
                          tier.quota().bytes(),
                          new Marks(tier.highWatermark(), tier.lowWatermark())))
              .toList(),
          dataset.metadata().timeToLive().toString(),
          dataset.copies());
    }

    /// As it is told to one who may only read directories of it, that other datasets show: the
    /// mounts that these touch, and not where their bytes come from.
    OfDataset part(List<String> directories) {
      return new OfDataset(
          uid,
          name,
          mounts.stream()
              .filter(mount -> directories.stream().anyMatch(each -> touches(mount, each)))
              .map(mount -> new OfMount(mount.name, "grid://" + name, mount.path))
              .toList(),
          tiers,
          timeToLive,
          copies);
    }

    private static boolean touches(OfMount mount, String directory) {
      String at = mount.path.equals("/") ? "/" : mount.path + "/";
      String wanted = directory.isEmpty() ? "/" : "/" + directory + "/";
      return at.startsWith(wanted) || wanted.startsWith(at);
    }

    /// Of the first tier; a dataset that refers to another has none.
    long quotaBytes() {
      return tiers.isEmpty() ? 0 : tiers.getFirst().quotaBytes;
    }

    /// The dataset as a reader runs it: one tier in memory.
    DatasetDefinition definition(MemoryShares shares) {
      List<TierDefinition> own =
          tiers.stream()
              .limit(1)
              .map(
                  tier ->
                      new TierDefinition(
                          TierDefinition.Medium.MEM,
                          tier.path,
                          shares.of(tier.quotaBytes),
                          tier.marks.high,
                          tier.marks.low))
              .toList();
      return new DatasetDefinition(
          uid,
          DatasetName.parse(name),
          mounts.stream()
              .map(
                  mount ->
                      new MountDefinition(
                          mount.name, mount.mountPoint, mount.path, Map.of(), Map.of()))
              .toList(),
          own,
          new MetadataPolicy(Duration.parse(timeToLive)),
          copies == null ? Copies.WHILE_THERE_IS_ROOM : copies);
    }
  }

  /// A question for resources; `namespace` and `name` are null for all.
  record Question(String kind, @Nullable String namespace, @Nullable String name, Part part) {
    enum Part {
      RESOURCES,
      EVENTS
    }
  }

  private Facts() {}

  static byte[] encode(Object facts) {
    try {
      return WireJson.mapper().writeValueAsString(facts).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("records have a JSON form", e);
    }
  }

  static <T> T decode(byte[] json, TypeReference<T> type) throws StorageException {
    try {
      return WireJson.mapper().readValue(new String(json, StandardCharsets.UTF_8), type);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw StorageException.of(Kind.CORRUPT, "a member's answer: " + e.getMessage(), e);
    }
  }

  static List<OfMember> of(ClusterView view) {
    return view.members().members().stream()
        .map(
            member ->
                new OfMember(
                    member.id(),
                    member.weight(),
                    view.address(member.id()).map(PeerAddress::toString).orElse(null)))
        .toList();
  }

  static ClusterView view(List<OfMember> facts) throws StorageException {
    Map<String, PeerAddress> addresses = new HashMap<>();
    try {
      for (OfMember member : facts) {
        if (member.address != null) {
          addresses.put(member.id, PeerAddress.parse(member.address));
        }
      }
      return new ClusterView(
          MemberView.of(
              facts.stream().map(member -> new Member(member.id, member.weight)).toList()),
          addresses);
    } catch (IllegalArgumentException e) {
      throw StorageException.of(Kind.CORRUPT, "a member's answer: " + e.getMessage(), e);
    }
  }
}
