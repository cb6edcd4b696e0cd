package io.gridset.server.store.bucket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.store.range.HttpTransport;
import io.gridset.server.store.range.Refusals;
import io.gridset.server.store.range.TlsTrust;
import io.gridset.server.store.range.TransferLimits;
import io.gridset.server.store.retry.Attempts;
import io.gridset.server.store.retry.RetryLimits;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Keys as only a bucket can hold them.
class BucketUnderStoreTest {
  private static final ObjectIdentity ONE = new ObjectIdentity(1, null, "\"a\"");

  /// Serves prepared pages.
  private static final class PagesClient implements BucketClient {
    private final Deque<ListPage> pages = new ArrayDeque<>();
    private int failures;

    @Override
    public ListPage page(String prefix, String token) throws StorageException {
      if (token != null && failures-- > 0) {
        throw StorageException.retryable(Kind.UNAVAILABLE, "once");
      }
      return pages.removeFirst();
    }

    @Override
    public Optional<ObjectIdentity> head(String key) {
      return Optional.empty();
    }

    @Override
    public SignedGet sign(String key, Duration life) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Refusals refusals() {
      return (what, _, _) -> StorageException.of(Kind.INVALID, what);
    }

    @Override
    public void close() {}
  }

  private final PagesClient client = new PagesClient();

  private List<String> list(String directory) throws Exception {
    List<String> names = new ArrayList<>();
    try (BucketUnderStore store =
        new BucketUnderStore(
            new BucketLocation("s3", "bucket", "p/"),
            client,
            new HttpTransport(TransferLimits.DEFAULT, new TlsTrust(null)),
            new Attempts(
                new RetryLimits(
                    3, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofSeconds(5))),
            InstantSource.system())) {
      store.list(directory, entry -> names.add(entry.name()));
    }
    return names;
  }

  private static BucketClient.Listed key(String key) {
    return new BucketClient.Listed(key, ONE);
  }

  @Test
  void keysThatNoPathCanNameAreLeftOut() throws Exception {
    client.pages.add(
        new BucketClient.ListPage(
            List.of(key("p/d/"), key("p/d/a"), key("p/d/.."), key("p/d/nul\0"), key("elsewhere")),
            List.of("p/d//", "p/d/../", "p/d/sub/"),
            null));
    assertThat(list("d")).containsExactly("a", "sub");
  }

  @Test
  void aLaterPageIsRepeatedByItself() throws Exception {
    client.pages.add(new BucketClient.ListPage(List.of(key("p/a")), List.of(), "t1"));
    client.pages.add(new BucketClient.ListPage(List.of(key("p/b")), List.of(), null));
    client.failures = 2;
    assertThat(list("")).containsExactly("a", "b");
  }

  @Test
  void aStoreThatRepeatsItsTokenIsCorrupt() {
    client.pages.add(new BucketClient.ListPage(List.of(), List.of(), "t1"));
    client.pages.add(new BucketClient.ListPage(List.of(), List.of(), "t1"));
    assertThatThrownBy(() -> list("")).hasMessageContaining("repeats a page");
  }
}
