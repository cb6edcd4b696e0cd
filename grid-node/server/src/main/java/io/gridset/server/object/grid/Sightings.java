package io.gridset.server.object.grid;

import io.gridset.core.object.ObjectName;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Tells one listener of names that came, went or stand for another object now; nothing of other
/// changes, such as new holders. Thread-safe.
final class Sightings {
  private final Consumer<ObjectName> listener;
  private final Map<String, Seen> seen = new ConcurrentHashMap<>();

  private record Seen(ObjectName name, String id) {}

  Sightings(Consumer<ObjectName> listener) {
    this.listener = listener;
  }

  void knows(CatalogEntry entry) {
    if (entry.isVisible()) {
      seen.put(EntryCodec.key(entry.info().name()), seen(entry));
    }
  }

  void look(String key, Optional<CatalogEntry> entry) {
    Optional<Seen> now = entry.filter(CatalogEntry::isVisible).map(Sightings::seen);
    Optional<Seen> before =
        Optional.ofNullable(now.isPresent() ? seen.put(key, now.get()) : seen.remove(key));
    if (!now.equals(before)) {
      now.or(() -> before).map(Seen::name).ifPresent(listener);
    }
  }

  private static Seen seen(CatalogEntry entry) {
    return new Seen(entry.info().name(), entry.info().id());
  }
}
