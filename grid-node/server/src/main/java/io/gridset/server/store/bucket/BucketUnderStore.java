package io.gridset.server.store.bucket;

import io.gridset.core.block.ByteRange;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.StoreEntry;
import io.gridset.core.store.UnderStore;
import io.gridset.server.store.bucket.BucketClient.ListPage;
import io.gridset.server.store.bucket.BucketClient.Listed;
import io.gridset.server.store.bucket.BucketClient.SignedGet;
import io.gridset.server.store.mount.StorePath;
import io.gridset.server.store.range.HttpTransport;
import io.gridset.server.store.range.RangeReader;
import io.gridset.server.store.range.RangeReader.RangeRequest;
import io.gridset.server.store.range.Redirects;
import io.gridset.server.store.retry.Attempts;
import io.gridset.server.store.retry.Attempts.Operation;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The keys under a prefix of a bucket, as a tree. A key that no path can name (`a//b`, `..`) is
/// left out, and counted in the log. Thread-safe.
public final class BucketUnderStore implements UnderStore {
  private static final Logger log = LoggerFactory.getLogger(BucketUnderStore.class);

  /// Each object is signed once for all its blocks; renewed while a quarter of this is left, so
  /// that a signature never ends in the middle of a request.
  private static final Duration SIGNATURE_LIFE = Duration.ofHours(1);

  private final BucketLocation location;
  private final BucketClient client;
  private final HttpTransport transport;
  private final RangeReader reader;
  private final Attempts pageAttempts;
  private final InstantSource clock;
  private final SignatureCache signatures = new SignatureCache();

  /// @param pageAttempts for the pages after the first: a listing cannot be repeated as a whole
  ///   once its sink has seen entries
  public BucketUnderStore(
      BucketLocation location,
      BucketClient client,
      HttpTransport transport,
      Attempts pageAttempts,
      InstantSource clock) {
    this.location = location;
    this.client = client;
    this.transport = transport;
    this.reader = new RangeReader(transport, client.refusals(), Redirects.none());
    this.pageAttempts = pageAttempts;
    this.clock = clock;
  }

  @Override
  public String description() {
    return location.toString();
  }

  @Override
  public void list(String directory, Consumer<StoreEntry> sink) throws StorageException {
    String path = StorePath.check(directory);
    String prefix = location.key(path.isEmpty() ? "" : path + "/");
    ListPage page = client.page(prefix, null);
    boolean empty = page.objects().isEmpty() && page.prefixes().isEmpty();
    if (empty && page.next() == null && !path.isEmpty()) {
      throw StorageException.of(Kind.NOT_FOUND, "there is no directory " + what(path));
    }
    long unnamed = emit(page, prefix, sink);
    String token = page.next();
    while (token != null) {
      String current = token;
      page =
          pageAttempts.run(
              Operation.small("listing " + what(path)), () -> client.page(prefix, current));
      unnamed += emit(page, prefix, sink);
      token = page.next();
      if (current.equals(token)) {
        throw StorageException.of(
            Kind.CORRUPT, "listing " + what(path) + ": the store repeats a page for ever");
      }
    }
    if (unnamed > 0) {
      log.warn("{}: {} keys left out whose names no path can hold", what(path), unnamed);
    }
  }

  private static long emit(ListPage page, String prefix, Consumer<StoreEntry> sink) {
    long unnamed = 0;
    for (Listed object : page.objects()) {
      String name = object.key().startsWith(prefix) ? object.key().substring(prefix.length()) : "/";
      if (StorePath.isName(name)) {
        sink.accept(new StoreEntry.ObjectFile(name, object.identity()));
      } else if (!name.isEmpty()) {
        unnamed++;
      }
    }
    for (String common : page.prefixes()) {
      String name =
          common.startsWith(prefix) && common.endsWith("/") && common.length() > prefix.length()
              ? common.substring(prefix.length(), common.length() - 1)
              : "/";
      if (StorePath.isName(name)) {
        sink.accept(new StoreEntry.Directory(name));
      } else {
        unnamed++;
      }
    }
    return unnamed;
  }

  @Override
  public Optional<ObjectIdentity> head(String path) throws StorageException {
    String key = location.key(StorePath.check(path));
    return path.isEmpty() ? Optional.empty() : client.head(key);
  }

  @Override
  public void read(String path, ObjectIdentity expected, ByteRange range, RangeSink sink)
      throws StorageException {
    String key = location.key(StorePath.check(path));
    SignedGet known = usable(signatures.get(key));
    SignedGet signed = known == null ? sign(key) : known;
    try {
      reader.read(new RangeRequest(what(path), signed.get(), expected, range), sink);
    } catch (StorageException e) {
      if (e.kind() != Kind.ACCESS_DENIED) {
        throw e;
      }
      signatures.forget(key);
      if (known == null) {
        throw e;
      }
      reader.read(new RangeRequest(what(path), sign(key).get(), expected, range), sink);
    }
  }

  private @Nullable SignedGet usable(@Nullable SignedGet signed) {
    boolean fresh =
        signed != null
            && clock.instant().plus(SIGNATURE_LIFE.dividedBy(4)).isBefore(signed.expires());
    return fresh ? signed : null;
  }

  private SignedGet sign(String key) throws StorageException {
    SignedGet signed = client.sign(key, SIGNATURE_LIFE);
    signatures.put(key, signed);
    return signed;
  }

  private String what(String path) {
    return "'" + location.scheme() + "://" + location.bucket() + "/" + location.key(path) + "'";
  }

  @Override
  public void close() {
    client.close();
    transport.close();
  }
}
