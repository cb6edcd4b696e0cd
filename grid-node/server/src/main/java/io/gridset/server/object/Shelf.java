package io.gridset.server.object;

import io.gridset.core.object.ObjectName;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The objects that this node holds, by id and by name. Thread-safe.
final class Shelf {
  private final Map<String, HeldObject> byId = new ConcurrentHashMap<>();
  private final Map<ObjectName, List<HeldObject>> byName = new ConcurrentHashMap<>();

  void add(HeldObject object) {
    byId.put(object.record().id(), object);
    byName.merge(
        object.record().name(),
        List.of(object),
        (some, one) -> Stream.concat(some.stream(), one.stream()).toList());
  }

  void remove(HeldObject object) {
    if (byId.remove(object.record().id(), object)) {
      byName.computeIfPresent(
          object.record().name(),
          (_, all) -> {
            List<HeldObject> others = all.stream().filter(one -> one != object).toList();
            return others.isEmpty() ? null : others;
          });
    }
  }

  @Nullable HeldObject find(String id) {
    return byId.get(id);
  }

  /// An object that lives in its record, whose bytes every node has: it comes here when it is used.
  synchronized HeldObject guest(ObjectRecord record, Holding holding) {
    HeldObject known = byId.get(record.id());
    if (known != null) {
      return known;
    }
    HeldObject guest = new HeldObject(record, holding);
    guest.published();
    add(guest);
    return guest;
  }

  /// More than one while a name passes from one object to the next.
  List<HeldObject> named(ObjectName name) {
    return byName.getOrDefault(name, List.of());
  }

  Collection<HeldObject> all() {
    return List.copyOf(byId.values());
  }

  /// Does `step` to one object a call, longest unused first, until it was done to all.
  BooleanSupplier byLeastUse(Predicate<HeldObject> step) {
    Iterator<HeldObject> victims =
        byId.values().stream()
            .map(object -> Map.entry(object.lastUse(), object)) // it changes while they are sorted
            .sorted(Map.Entry.comparingByKey())
            .map(Map.Entry::getValue)
            .iterator();
    return () -> {
      while (victims.hasNext()) {
        if (step.test(victims.next())) {
          return true;
        }
      }
      return false;
    };
  }
}
