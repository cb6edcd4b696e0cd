package io.gridset.server.store;

import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.dataset.SecretValue;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.UnderStore;
import io.gridset.server.store.range.TransferLimits;
import io.gridset.server.store.retry.RetryLimits;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/// Mounts and impatient settings for tests.
public final class Mounts {
  public static final StoreSettings IMPATIENT =
      new StoreSettings(
          new TransferLimits(
              Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofMillis(300), 16, 1 << 20),
          new RetryLimits(4, Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofSeconds(4)),
          null);

  private Mounts() {}

  public static MountDefinition mount(
      String point, Map<String, String> options, Map<String, String> secrets) {
    Map<String, SecretValue> credentials = new HashMap<>();
    secrets.forEach((name, value) -> credentials.put(name, new SecretValue(value)));
    return new MountDefinition("data", point, "/", options, credentials);
  }

  public static UnderStore open(MountDefinition mount) throws StorageException {
    return new UnderStores(IMPATIENT).open(mount);
  }

  public static UnderStore open(String point) throws StorageException {
    return open(mount(point, Map.of(), Map.of()));
  }
}
