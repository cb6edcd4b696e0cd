package io.gridset.client.trust;

import io.gridset.core.store.StorageException;
import io.gridset.core.unit.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;

/// A credential in a file that somebody renews, as kubelets do with the Secrets that they mount. It
/// is read again when it is asked for, at most once in a while; while the file cannot be read, or
/// holds no token, what it held before counts. Thread-safe.
public final class CredentialFile implements Supplier<Credential> {
  /// A renewed token is known this much later at most; the file has some hundred bytes.
  private static final Duration LOOK = Duration.ofSeconds(5);

  private final Path file;
  private final Ticker ticker;
  private Credential latest;
  private long readAtNanos;

  private CredentialFile(Path file, Ticker ticker, Credential first) {
    this.file = file;
    this.ticker = ticker;
    latest = first;
    readAtNanos = ticker.nanos();
  }

  /// @throws StorageException INVALID when the file holds no credential now
  public static CredentialFile open(Path file, Ticker ticker) throws StorageException {
    return new CredentialFile(file, ticker, Credential.read(file));
  }

  @Override
  public synchronized Credential get() {
    long now = ticker.nanos();
    if (now - readAtNanos >= LOOK.toNanos()) {
      readAtNanos = now;
      try {
        latest = Credential.read(file);
      } catch (StorageException _) {
        // Perhaps at the next look: members tell when the one before has expired.
      }
    }
    return latest;
  }
}
