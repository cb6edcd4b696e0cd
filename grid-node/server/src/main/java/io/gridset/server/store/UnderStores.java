package io.gridset.server.store;

import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.manifest.NearestName;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.UnderStore;
import io.gridset.server.store.http.HttpUnderStore;
import io.gridset.server.store.local.LocalUnderStore;
import io.gridset.server.store.mount.MountOptions;
import io.gridset.server.store.oss.OssStores;
import io.gridset.server.store.range.HttpTransport;
import io.gridset.server.store.range.TlsTrust;
import io.gridset.server.store.retry.Attempts;
import io.gridset.server.store.retry.RetryingUnderStore;
import io.gridset.server.store.s3.S3Stores;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens the store behind a mount, by the scheme of its mount point: retrying, counted, and closed
/// by whoever opened it. Opening makes no request to the origin. Thread-safe.
public final class UnderStores {
  private static final Logger log = LoggerFactory.getLogger(UnderStores.class);
  private static final List<String> SCHEMES = List.of("oss", "s3", "http", "https", "local");

  /// Option names that were warned about are remembered up to this many.
  private static final int MAX_WARNED = 1000;

  private final StoreSettings settings;
  private final TlsTrust trust;
  private final Set<String> warned = ConcurrentHashMap.newKeySet();

  public UnderStores(StoreSettings settings) {
    this.settings = settings;
    this.trust = new TlsTrust(settings.extraCaFile());
  }

  /// As `open(mount, traffic)`, with traffic that nobody looks at.
  public UnderStore open(MountDefinition mount) throws StorageException {
    return open(mount, new StoreTraffic());
  }

  /// @param traffic counts every attempt and the bytes it brought
  /// @throws StorageException INVALID for an unknown scheme or contradicting options; NOT_FOUND for
  ///   a local directory that is missing; ACCESS_DENIED when there are no credentials at all
  public UnderStore open(MountDefinition mount, StoreTraffic traffic) throws StorageException {
    MountOptions options = new MountOptions(mount);
    Attempts attempts = new Attempts(settings.retry());
    UnderStore store =
        switch (mount.scheme()) {
          case "oss" -> connected(transport -> OssStores.open(options, transport, attempts));
          case "s3" -> connected(transport -> S3Stores.open(options, transport, attempts));
          case "http", "https" -> connected(transport -> HttpUnderStore.open(options, transport));
          case "local" -> LocalUnderStore.open(options);
          case "" -> openPath(options);
          default -> throw unknownScheme(options);
        };
    warn(options);
    return new RetryingUnderStore(
        new CountingUnderStore(store, traffic),
        attempts,
        settings.transfer().slowestBytesPerSecond());
  }

  private static UnderStore openPath(MountOptions options) throws StorageException {
    if (!options.mount().mountPoint().startsWith("/")) {
      throw unknownScheme(options);
    }
    return LocalUnderStore.open(options);
  }

  @FunctionalInterface
  private interface Opening {
    UnderStore over(HttpTransport transport) throws StorageException;
  }

  private UnderStore connected(Opening opening) throws StorageException {
    trust.checkFile();
    HttpTransport transport = new HttpTransport(settings.transfer(), trust);
    try {
      return opening.over(transport);
    } catch (StorageException | RuntimeException e) {
      transport.close();
      throw e;
    }
  }

  private void warn(MountOptions options) {
    for (String name : options.notUnderstood()) {
      if (warned.size() < MAX_WARNED && warned.add(name)) {
        log.warn(
            "mount {}: option {} means nothing to a {} store; it is ignored",
            options.mount().name(),
            name,
            options.mount().scheme());
      }
    }
  }

  private static StorageException unknownScheme(MountOptions options) {
    String scheme = options.mount().scheme();
    String given =
        scheme.isEmpty() ? "it has no scheme" : "the scheme '" + scheme + "' is not supported";
    return options.invalid(
        given
            + "; supported are "
            + String.join("://, ", SCHEMES)
            + ":// and an absolute path"
            + NearestName.of(scheme, SCHEMES)
                .map(near -> "; did you mean " + near + "://?")
                .orElse(""));
  }
}
