package io.gridset.server.object.door;

import io.gridset.core.object.ObjectName;
import io.gridset.core.object.Staging;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a connection holds and gives back when it ends: memory that it was given to write to, and
/// names that it was granted. For one thread.
final class Belongings implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Belongings.class);

  /// A writer fills one object at a time, or a few.
  private static final int STAGINGS_MAX = 64;

  private static final int CLAIMS_MAX = 4096;

  private final String owner;
  private final ObjectClaims claims;
  private final Map<String, Staging> stagings = new LinkedHashMap<>();
  private final Set<ObjectName> claimed = new HashSet<>();

  Belongings(String owner, ObjectClaims claims) {
    this.owner = owner;
    this.claims = claims;
  }

  String owner() {
    return owner;
  }

  /// @throws StorageException THROTTLED when there is room for no further staging
  void checkRoomForStaging() throws StorageException {
    if (stagings.size() >= STAGINGS_MAX) {
      throw StorageException.throttled(
          "this connection has " + STAGINGS_MAX + " stagings open: seal or abort some", null);
    }
  }

  void add(Staging staging) {
    stagings.put(staging.id(), staging);
  }

  /// @throws StorageException INVALID when this connection has no such staging
  Staging staging(String id) throws StorageException {
    Staging staging = stagings.get(id);
    if (staging == null) {
      throw StorageException.of(
          Kind.INVALID, "this connection has no staging \"" + id + "\": sealed, aborted, or wrong");
    }
    return staging;
  }

  void drop(Staging staging) {
    stagings.remove(staging.id());
    staging.close();
  }

  /// @throws StorageException THROTTLED when it holds too many
  void checkRoomForClaim() throws StorageException {
    if (claimed.size() >= CLAIMS_MAX) {
      throw StorageException.throttled("this connection holds " + CLAIMS_MAX + " claims", null);
    }
  }

  void add(ObjectName name) {
    claimed.add(name);
  }

  /// Lets others have the name, be it because it was put.
  void release(ObjectName name) {
    if (claimed.remove(name)) {
      claims.release(name, owner);
    }
  }

  @Override
  public void close() {
    for (Staging staging : stagings.values()) {
      try {
        staging.close();
      } catch (RuntimeException e) {
        LOG.warn("a staging of an ended connection was not given back", e);
      }
    }
    stagings.clear();
    for (ObjectName name : claimed) {
      claims.release(name, owner);
    }
    claimed.clear();
  }
}
