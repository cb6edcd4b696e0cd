package io.gridset.server.object;

import io.gridset.core.object.ObjectName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// The catalog of a node that is alone. What outlives the process is the store's business.
public final class LocalObjectCatalog implements ObjectCatalog {
  private static final Comparator<ObjectName> BY_NAME =
      Comparator.comparing(ObjectName::namespace).thenComparing(ObjectName::path);

  private final String node;
  private final ConcurrentNavigableMap<ObjectName, ObjectRecord> records =
      new ConcurrentSkipListMap<>(BY_NAME);
  private final List<Consumer<ObjectName>> listeners = new CopyOnWriteArrayList<>();

  /// @param node id of this node, as holders are named
  public LocalObjectCatalog(String node) {
    this.node = node;
  }

  @Override
  public Optional<ObjectRecord> find(ObjectName name) {
    return Optional.ofNullable(records.get(name));
  }

  @Override
  public List<ObjectRecord> list(String namespace, String prefix) {
    List<ObjectRecord> found = new ArrayList<>();
    for (ObjectRecord record : records.values()) {
      ObjectName name = record.name();
      if (name.namespace().equals(namespace) && name.path().startsWith(prefix)) {
        found.add(record);
      }
    }
    return found;
  }

  @Override
  public boolean publish(ObjectRecord record) {
    if (records.putIfAbsent(record.name(), record) != null) {
      return false;
    }
    listeners.forEach(listener -> listener.accept(record.name()));
    return true;
  }

  @Override
  public boolean withdraw(ObjectName name, String id) {
    ObjectRecord record = records.get(name);
    if (record == null || !record.id().equals(id) || !records.remove(name, record)) {
      return false;
    }
    listeners.forEach(listener -> listener.accept(name));
    return true;
  }

  @Override
  public void hold(ObjectName name, String id) {
    heldBy(name, id, List.of(node));
  }

  @Override
  public void drop(ObjectName name, String id) {
    heldBy(name, id, List.of());
  }

  private void heldBy(ObjectName name, String id, List<String> nodes) {
    records.computeIfPresent(
        name, (_, record) -> record.id().equals(id) ? record.heldBy(nodes) : record);
  }

  @Override
  public AutoCloseable watch(Consumer<ObjectName> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }
}
