package io.gridset.server.object;

import io.gridset.core.object.NameInUse;
import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectName;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings objects into the catalog and takes them out of it. Records are written before a name
/// appears and removed before it goes: whoever saw an object finds it after a crash as well, and an
/// old object never gets back the name that a new one has. Thread-safe.
final class Publisher {
  private static final Logger log = LoggerFactory.getLogger(Publisher.class);

  private final ObjectStoreSettings settings;
  private final ObjectCatalog catalog;
  private final Holding holding;
  private final Shelf shelf;

  Publisher(ObjectStoreSettings settings, ObjectCatalog catalog, Holding holding, Shelf shelf) {
    this.settings = settings;
    this.catalog = catalog;
    this.holding = holding;
    this.shelf = shelf;
  }

  /// The last step of a put.
  ///
  /// @param wanted id, name and attributes
  ObjectRecord seal(Freezable staged, Wanted wanted, long bytes) throws StorageException {
    ObjectName name = wanted.name();
    if (!name.namespace().equals(staged.namespace())) {
      throw StorageException.of(
          Kind.INVALID, name + " was staged for the namespace " + staged.namespace());
    }
    if (wanted.attributes().persist() && holding.disk() == null) {
      throw StorageException.of(
          Kind.UNSUPPORTED,
          name + " cannot persist: this node has no disk directory for objects; give it one");
    }
    Optional<ObjectRecord> before = catalog.find(name);
    if (before.isPresent() && isOver(before.get())) {
      delete(before.get());
    } else if (before.isPresent()) {
      throw NameInUse.of(name);
    }
    FrozenBytes frozen = new FrozenBytes(bytes);
    staged.freeze(bytes, frozen);
    ObjectRecord record = frozen.record(wanted, settings.clock().instant(), settings.node());
    HeldObject held = place(staged, record);
    try {
      held.keep();
      shelf.add(held);
      if (!catalog.publish(record)) {
        throw NameInUse.of(name);
      }
    } catch (StorageException | RuntimeException e) {
      end(held);
      throw e;
    }
    held.published();
    letGoIfReplaced(held);
    return record;
  }

  /// What a put asks for.
  record Wanted(String id, ObjectName name, ObjectAttributes attributes) {}

  /// Makes a segment this node's copy of an object that others hold.
  void hold(Freezable staged, ObjectRecord record) throws StorageException {
    FrozenBytes frozen = new FrozenBytes(record.info().bytes());
    staged.freeze(record.info().bytes(), frozen);
    if (!frozen.areThoseOf(record.info())) {
      throw StorageException.of(Kind.INVALID, "other bytes than those of " + record.name());
    }
    HeldObject held = place(staged, frozen.complete(record));
    try {
      held.keep();
    } catch (StorageException | RuntimeException e) {
      held.end();
      throw e;
    }
    held.published();
    shelf.add(held);
    catalog.hold(record.name(), record.id());
    letGoIfReplaced(held);
  }

  private HeldObject place(Freezable staged, ObjectRecord record) throws StorageException {
    HeldObject held = new HeldObject(record, holding);
    if (record.payload() == null) {
      staged.give(held);
    }
    return held;
  }

  /// Takes a name back and lets its bytes here go; false when it was another's already.
  boolean delete(ObjectRecord record) throws StorageException {
    HeldObject held = shelf.find(record.id());
    if (held == null) {
      return catalog.withdraw(record.name(), record.id());
    }
    held.forget();
    boolean withdrawn;
    try {
      withdrawn = catalog.withdraw(record.name(), record.id());
    } catch (StorageException e) {
      held.remember();
      throw e;
    }
    end(held);
    return withdrawn;
  }

  boolean isOver(ObjectRecord record) {
    Instant expires = record.info().expires();
    return expires != null && !settings.clock().instant().isBefore(expires);
  }

  /// Lets go of what its name no longer stands for.
  void letGoIfReplaced(HeldObject held) {
    try {
      if (isReplaced(held)) {
        end(held);
      }
    } catch (StorageException e) {
      log.debug("{} is looked at later: {}", held.record().name(), e.getMessage());
    }
  }

  /// Whether it is worth a look by [#letGoIfReplaced].
  boolean mayBeReplaced(HeldObject held) {
    try {
      return isReplaced(held);
    } catch (StorageException e) {
      return true;
    }
  }

  /// What is not published yet is looked at when it is.
  private boolean isReplaced(HeldObject held) throws StorageException {
    ObjectRecord record = held.record();
    return held.isPublished() && !catalog.wants(record.name(), record.id());
  }

  private void end(HeldObject held) {
    shelf.remove(held);
    held.end();
  }
}
