package io.gridset.server.store.range;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import io.gridset.server.store.range.ConnectionPool.Wish;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// HTTP/1.1 requests without a body, over pooled connections, each within a deadline. One attempt
/// each, except that a kept connection which the server had closed meanwhile is replaced at once.
/// Follows no redirects: what may follow whom is its callers' decision. Thread-safe.
public final class HttpTransport implements AutoCloseable {
  /// Interim (1xx) responses before the real one.
  private static final int MAX_INTERIM = 8;

  private final TransferLimits limits;
  private final Ticker ticker;
  private final ConnectionPool pool;

  public HttpTransport(TransferLimits limits, TlsTrust trust) {
    this(limits, trust, Ticker.system());
  }

  HttpTransport(TransferLimits limits, TlsTrust trust, Ticker ticker) {
    this.limits = limits;
    this.ticker = ticker;
    this.pool = new ConnectionPool(limits, trust, ticker);
  }

  /// Takes a response while it arrives. What it leaves of the body is thrown away.
  public interface ResponseHandler<T> {
    T handle(ResponseHead head, HttpBody body) throws StorageException;
  }

  /// A whole small response.
  @SuppressWarnings("ArrayRecordComponent") // handed over once; nobody compares responses
  public record SmallResponse(ResponseHead head, byte[] body) {}

  public TransferLimits limits() {
    return limits;
  }

  /// Sends `request` and hands the response to `handler`, all within `budget`.
  public <T> T exchange(RequestHead request, Duration budget, ResponseHandler<T> handler)
      throws StorageException {
    long deadline = ticker.nanos() + budget.toNanos();
    Connection connection = pool.take(request.origin(), Wish.IDLE_OR_NEW, deadline);
    ResponseHead head = null;
    try {
      head = roundTrip(connection, request, deadline);
    } catch (StorageException e) {
      pool.discard(connection);
      if (e.kind() != Kind.UNAVAILABLE || !connection.staleUnlessHeard()) {
        throw outcome(e);
      }
    } catch (RuntimeException | Error e) {
      pool.discard(connection);
      throw e;
    }
    if (head == null) {
      connection = pool.take(request.origin(), Wish.NEW, deadline);
    }
    return converse(connection, head, request, new Task<>(deadline, handler));
  }

  private record Task<T>(long deadline, ResponseHandler<T> handler) {}

  private <T> T converse(
      Connection connection, @Nullable ResponseHead early, RequestHead request, Task<T> task)
      throws StorageException {
    boolean reusable = false;
    try {
      ResponseHead head = early == null ? roundTrip(connection, request, task.deadline()) : early;
      HttpBody body = new HttpBody(connection, head, request.method());
      T result = task.handler().handle(head, body);
      reusable = drained(connection, body) && head.keepAlive();
      return result;
    } catch (StorageException e) {
      throw outcome(e);
    } finally {
      if (reusable) {
        pool.giveBack(connection);
      } else {
        pool.discard(connection);
      }
    }
  }

  /// Fetches a response whose body is at most `maxBytes` long.
  ///
  /// @throws StorageException INVALID when it is longer
  public SmallResponse fetch(RequestHead request, int maxBytes) throws StorageException {
    return exchange(
        request,
        limits.budget(0),
        (head, body) -> new SmallResponse(head, collect(request, body, maxBytes)));
  }

  private static byte[] collect(RequestHead request, HttpBody body, int maxBytes)
      throws StorageException {
    byte[] bytes = collectSome(body, maxBytes + 1L);
    if (bytes.length > maxBytes) {
      throw StorageException.of(
          Kind.INVALID, "the answer to " + request + " is longer than " + maxBytes + " bytes");
    }
    return bytes;
  }

  /// The first `maxBytes` bytes of a body, or all of it.
  static byte[] collectSome(HttpBody body, long maxBytes) throws StorageException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(4096);
    body.transfer(
        maxBytes,
        bytes -> {
          byte[] piece = new byte[bytes.remaining()];
          bytes.get(piece);
          out.write(piece, 0, piece.length);
        });
    return out.toByteArray();
  }

  private ResponseHead roundTrip(Connection connection, RequestHead request, long deadline)
      throws StorageException {
    connection.send(request, deadline);
    for (int i = 0; i < MAX_INTERIM; i++) {
      ResponseHead head = readHead(connection);
      if (head.status() >= 200) {
        return head;
      }
    }
    throw ResponseHead.corrupt("more than " + MAX_INTERIM + " interim responses");
  }

  private static ResponseHead readHead(Connection connection) throws StorageException {
    int scanned = 0;
    while (true) {
      ByteBuffer buffer = connection.buffer();
      int end = endOfHead(buffer, scanned);
      if (end > 0) {
        byte[] bytes = new byte[end];
        buffer.get(bytes);
        return ResponseHead.parse(bytes, end);
      }
      scanned = Math.max(0, buffer.remaining() - 3);
      if (buffer.remaining() >= ResponseHead.MAX_HEAD_BYTES) {
        throw ResponseHead.corrupt(
            "its head is longer than " + ResponseHead.MAX_HEAD_BYTES + " bytes");
      }
      if (!connection.append()) {
        throw StorageException.retryable(
            Kind.UNAVAILABLE, connection.origin() + " closed the connection without an answer");
      }
    }
  }

  /// The head's length with its empty line, or -1 when it is not complete.
  private static int endOfHead(ByteBuffer buffer, int from) {
    int start = buffer.position();
    int limit = Math.min(buffer.limit(), start + ResponseHead.MAX_HEAD_BYTES);
    for (int i = start + from; i < limit; i++) {
      if (buffer.get(i) == '\n') {
        int next = i + 1;
        if (next < limit && buffer.get(next) == '\r') {
          next++;
        }
        if (next < limit && buffer.get(next) == '\n') {
          return next + 1 - start;
        }
      }
    }
    return -1;
  }

  /// Whether the body was read to its end: an unwanted rest is not read away, for a new connection
  /// is cheaper.
  private static boolean drained(Connection connection, HttpBody body) {
    try {
      return body.endsBeforeConnection() && body.atEnd() && !connection.buffer().hasRemaining();
    } catch (StorageException e) {
      return false;
    }
  }

  /// A failure after closing is the closing's.
  private StorageException outcome(StorageException failure) {
    return pool.isClosed() ? ConnectionPool.closedStore() : failure;
  }

  @Override
  public void close() {
    pool.close();
  }
}
