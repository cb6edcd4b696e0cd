package io.gridset.server.store.http;

import io.gridset.core.block.ByteRange;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.StoreEntry;
import io.gridset.core.store.UnderStore;
import io.gridset.server.store.mount.MountOptions;
import io.gridset.server.store.mount.StorePath;
import io.gridset.server.store.range.ContentRange;
import io.gridset.server.store.range.HttpRefusals;
import io.gridset.server.store.range.HttpTransport;
import io.gridset.server.store.range.HttpTransport.SmallResponse;
import io.gridset.server.store.range.Origin;
import io.gridset.server.store.range.RangeReader;
import io.gridset.server.store.range.RangeReader.RangeRequest;
import io.gridset.server.store.range.Redirects;
import io.gridset.server.store.range.RequestHead;
import io.gridset.server.store.range.ResponseHead;
import java.net.URI;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A web server's directory. Thread-safe.
public final class HttpUnderStore implements UnderStore {
  private static final Logger log = LoggerFactory.getLogger(HttpUnderStore.class);

  /// About 200,000 names with their markup.
  private static final int MAX_PAGE_BYTES = 32 << 20;

  private final String base;
  private final HttpTransport transport;
  private final HttpCredentials credentials;
  private final HttpRefusals refusals;
  private final RangeReader reader;

  private HttpUnderStore(String base, HttpTransport transport, HttpCredentials credentials) {
    this.base = base;
    this.transport = transport;
    this.credentials = credentials;
    this.refusals =
        new HttpRefusals(
            "check encryptOptions http.username and http.password (or http.token)",
            InstantSource.system());
    this.reader = new RangeReader(transport, refusals, credentials);
  }

  /// Opens `http://host/dir/` or `https://host/dir/`; its path is percent-encoded already, or
  /// plain.
  ///
  /// @throws StorageException INVALID when it is no such address
  public static HttpUnderStore open(MountOptions options, HttpTransport transport)
      throws StorageException {
    String point = options.mount().mountPoint();
    try {
      int pathStart = point.indexOf('/', point.indexOf("://") + 3);
      String server = pathStart < 0 ? point : point.substring(0, pathStart);
      String path = pathStart < 0 ? "/" : point.substring(pathStart);
      if (path.contains("?") || path.contains("#")) {
        throw options.invalid("a mountPoint has no query");
      }
      String encoded = UrlPath.encode(UrlPath.decode(path).orElse(path));
      URI uri = URI.create(server + (encoded.endsWith("/") ? encoded : encoded + "/"));
      if (uri.getUserInfo() != null) {
        throw options.invalid("write a user in options http.username, not into the mountPoint");
      }
      return new HttpUnderStore(
          uri.toString(), transport, HttpCredentials.of(options, Origin.of(uri)));
    } catch (IllegalArgumentException e) {
      throw options.invalid("it is not an http or https address");
    }
  }

  @Override
  public String description() {
    return base;
  }

  @Override
  public void list(String directory, Consumer<StoreEntry> sink) throws StorageException {
    String path = StorePath.check(directory);
    String what = "'" + base + path + "'";
    RequestHead get = credentials.request("GET", uri(path.isEmpty() ? "" : path + "/"));
    Followed answer = follow(what, get);
    ResponseHead head = answer.response().head();
    if (head.status() != 200) {
      throw refusals.refusal(what, head, answer.response().body());
    }
    String type = head.field("content-type").orElse("text/html").toLowerCase(Locale.ROOT);
    if (!type.startsWith("text/html") && !type.startsWith("application/xhtml")) {
      throw StorageException.of(
          Kind.INVALID, what + " is not a directory's index page but " + type);
    }
    IndexPage page =
        IndexPage.parse(HttpCredentials.addressOf(answer.request()), answer.response().body());
    page.forEach(sink);
    if (page.leftOut() > 0) {
      log.warn("{}: {} links left out whose names no path can hold", what, page.leftOut());
    }
  }

  @Override
  public Optional<ObjectIdentity> head(String path) throws StorageException {
    if (StorePath.check(path).isEmpty()) {
      return Optional.empty();
    }
    String what = "'" + base + path + "'";
    Followed answer = follow(what, credentials.request("HEAD", uri(path)));
    ResponseHead head = answer.response().head();
    if (isDirectory(answer) || head.status() == 404 || head.status() == 410) {
      return Optional.empty();
    }
    if (head.status() == 405 || head.status() == 501) {
      return probe(what, path);
    }
    if (head.status() != 200) {
      throw refusals.refusal(what, head, answer.response().body());
    }
    Optional<Long> length = head.contentLength();
    return length.isPresent() ? Optional.of(identity(head, length.get())) : probe(what, path);
  }

  /// Web servers lead from `dir` to `dir/`.
  private static boolean isDirectory(Followed answer) {
    return answer.hops() > 0 && answer.request().target().endsWith("/");
  }

  /// Asks a server that does not answer HEAD usefully for the first byte.
  private Optional<ObjectIdentity> probe(String what, String path) throws StorageException {
    RequestHead get = credentials.request("GET", uri(path)).with(Map.of("Range", "bytes=0-0"));
    ResponseHead head = follow(what, get).response().head();
    return switch (head.status()) {
      case 404, 410 -> Optional.empty();
      case 206 -> {
        long total =
            head.field("content-range")
                .flatMap(ContentRange::parse)
                .map(ContentRange::total)
                .orElse(-1L);
        if (total < 0) {
          throw noLength(what);
        }
        yield Optional.of(identity(head, total));
      }
      case 416 -> Optional.of(identity(head, 0));
      case 200 -> throw noLength(what);
      default -> throw refusals.refusal(what, head, new byte[0]);
    };
  }

  private static ObjectIdentity identity(ResponseHead head, long length) {
    return new ObjectIdentity(
        length, head.lastModified().orElse(null), head.field("etag").orElse(null));
  }

  private static StorageException noLength(String what) {
    return StorageException.of(
        Kind.UNSUPPORTED, what + ": the server does not tell the file's length");
  }

  @Override
  public void read(String path, ObjectIdentity expected, ByteRange range, RangeSink sink)
      throws StorageException {
    URI uri = uri(StorePath.check(path));
    reader.read(
        new RangeRequest("'" + base + path + "'", credentials.request("GET", uri), expected, range),
        sink);
  }

  private record Followed(RequestHead request, SmallResponse response, int hops) {}

  private Followed follow(String what, RequestHead first) throws StorageException {
    RequestHead request = first;
    for (int hop = 0; hop <= Redirects.MAX_HOPS; hop++) {
      SmallResponse response = transport.fetch(request, MAX_PAGE_BYTES);
      Optional<RequestHead> next = credentials.next(request, response.head());
      if (next.isEmpty()) {
        return new Followed(request, response, hop);
      }
      request = next.get();
    }
    throw StorageException.of(Kind.INVALID, what + ": the server redirects for ever");
  }

  private URI uri(String path) {
    return URI.create(base + UrlPath.encode(path));
  }

  @Override
  public void close() {
    transport.close();
  }
}
