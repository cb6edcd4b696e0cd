package io.gridset.server.object.grid;

import io.gridset.core.object.ObjectInfo;
import io.gridset.server.object.ObjectRecord;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the grid knows of a name that is in use. Immutable.
///
/// @param stage how far it is
/// @param info its holders are all that were told, those included that are gone now
/// @param lostWith name of the node that held it last, once it is lost; empty before
/// @param payload as in [ObjectRecord]; missing from what was kept over a restart
@SuppressWarnings("ArrayRecordComponent") // never changed, and compared by nobody
record CatalogEntry(Stage stage, ObjectInfo info, String lostWith, byte @Nullable [] payload) {
  /// How far an object is.
  enum Stage {
    /// Its name is taken while copies are made; nobody sees it.
    ARRIVING,
    VISIBLE,
    /// Nobody who held it can come back with it. The name may be put again.
    LOST
  }

  static CatalogEntry of(Stage stage, ObjectRecord record) {
    return new CatalogEntry(stage, record.info(), "", record.payload());
  }

  boolean is(String id) {
    return info.id().equals(id);
  }

  boolean isVisible() {
    return stage == Stage.VISIBLE;
  }

  boolean isLost() {
    return stage == Stage.LOST;
  }

  boolean isHeldBy(String node) {
    return info.holders().contains(node);
  }

  /// Whether nobody needs to hold a file of it.
  boolean isInline() {
    return payload != null;
  }

  /// As it is seen: with those of its holders that are in `live`, which all hold a payload that
  /// stands in the entry.
  Optional<ObjectRecord> seenAmong(Set<String> live) {
    List<String> holders =
        isInline()
            ? live.stream().sorted().toList()
            : info.holders().stream().filter(live::contains).toList();
    return isVisible()
        ? Optional.of(new ObjectRecord(info, payload).heldBy(holders))
        : Optional.empty();
  }

  CatalogEntry in(Stage other) {
    return new CatalogEntry(other, info, "", payload);
  }

  CatalogEntry lost(String node) {
    return new CatalogEntry(Stage.LOST, held(List.of()).info, node, payload);
  }

  CatalogEntry heldAlsoBy(String node) {
    Set<String> holders = new LinkedHashSet<>(info.holders());
    holders.add(node);
    return held(List.copyOf(holders));
  }

  CatalogEntry notHeldBy(Set<String> nodes) {
    return held(info.holders().stream().filter(holder -> !nodes.contains(holder)).toList());
  }

  private CatalogEntry held(List<String> holders) {
    return new CatalogEntry(
        stage, new ObjectRecord(info, null).heldBy(holders).info(), lostWith, payload);
  }

  CatalogEntry withoutPayload() {
    return new CatalogEntry(stage, info, lostWith, null);
  }
}
