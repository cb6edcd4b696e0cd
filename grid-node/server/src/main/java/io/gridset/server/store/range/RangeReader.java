package io.gridset.server.store.range;

import io.gridset.core.block.ByteRange;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Reads exactly a range of one version of an object, or fails: the request is conditional, and
/// status, range, length and validators of the answer are checked before the sink sees a byte.
/// Thread-safe.
public final class RangeReader {
  /// A server that ignores Range sends the file from its start; skipping more than this is dearer
  /// than failing clearly.
  static final long MAX_SKIP_BYTES = 8 << 20;

  private static final int MAX_ERROR_BYTES = 64 << 10;
  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final HttpTransport transport;
  private final Refusals refusals;
  private final Redirects redirects;

  public RangeReader(HttpTransport transport, Refusals refusals, Redirects redirects) {
    this.transport = transport;
    this.refusals = refusals;
    this.redirects = redirects;
  }

  /// @param what the object, for messages
  /// @param get the plain GET of the object, signed if need be
  public record RangeRequest(
      String what, RequestHead get, ObjectIdentity expected, ByteRange range) {
    boolean wholeFile() {
      return range.offset() == 0 && range.length() == expected.sizeBytes();
    }
  }

  /// One attempt.
  ///
  /// @throws StorageException as `UnderStore.read` says; UNSUPPORTED for a part of a file that has
  ///   no validator, since two such reads could mix versions
  public void read(RangeRequest request, RangeSink sink) throws StorageException {
    ByteRange range = request.range();
    if (range.end() > request.expected().sizeBytes()) {
      throw StorageException.of(
          Kind.INVALID, request.what() + ": the range ends beyond the file's end");
    }
    if (range.length() == 0) {
      return;
    }
    if (!request.expected().hasValidator() && !request.wholeFile()) {
      throw StorageException.of(
          Kind.UNSUPPORTED,
          request.what()
              + ": the server tells neither ETag nor Last-Modified, so the file can only be read"
              + " as a whole");
    }
    RequestHead get = request.get();
    for (int hop = 0; hop <= Redirects.MAX_HOPS; hop++) {
      RequestHead from = get;
      Optional<RequestHead> next =
          transport.exchange(
              from.with(conditions(request)),
              transport.limits().budget(range.length()),
              (response, body) -> {
                Optional<RequestHead> elsewhere = redirects.next(from, response);
                if (elsewhere.isEmpty()) {
                  receive(request, response, body, sink);
                }
                return elsewhere;
              });
      if (next.isEmpty()) {
        return;
      }
      get = next.get();
    }
    throw StorageException.of(Kind.INVALID, request.what() + ": the server redirects for ever");
  }

  private static Map<String, String> conditions(RangeRequest request) {
    Map<String, String> headers = new LinkedHashMap<>();
    ObjectIdentity expected = request.expected();
    if (!request.wholeFile()) {
      headers.put("Range", "bytes=" + request.range().offset() + "-" + (request.range().end() - 1));
    }
    if (expected.hasStrongEtag()) {
      headers.put("If-Match", String.valueOf(expected.etag()));
    } else if (expected.modified() != null) {
      headers.put("If-Unmodified-Since", HTTP_DATE.format(expected.modified()));
    }
    return headers;
  }

  private void receive(RangeRequest request, ResponseHead head, HttpBody body, RangeSink sink)
      throws StorageException {
    switch (head.status()) {
      case 200 -> {
        VersionCheck.check(request, head);
        checkWholeLength(request, head);
        skipTo(request, body);
      }
      case 206 -> {
        VersionCheck.check(request, head);
        checkRange(request, head);
      }
      case 416 ->
          throw StorageException.of(
              Kind.CHANGED, request.what() + " is shorter than it was: it was replaced");
      default ->
          throw refusals.refusal(
              request.what(), head, HttpTransport.collectSome(body, MAX_ERROR_BYTES));
    }
    long want = request.range().length();
    long got = body.transfer(want, sink);
    if (got < want) {
      throw corrupt(request, "the answer has " + got + " bytes where " + want + " were asked for");
    }
    if ((head.status() == 206 || request.wholeFile()) && !body.atEnd()) {
      throw corrupt(request, "the answer goes on after the range that was asked for");
    }
  }

  private static void checkWholeLength(RangeRequest request, ResponseHead head)
      throws StorageException {
    long size = request.expected().sizeBytes();
    long length = head.contentLength().orElse(size);
    if (length != size) {
      throw request.expected().hasStrongEtag()
          ? corrupt(request, "its length is given as " + length + " instead of " + size)
          : StorageException.of(
              Kind.CHANGED, request.what() + " has " + length + " bytes now instead of " + size);
    }
  }

  private static void skipTo(RangeRequest request, HttpBody body) throws StorageException {
    long offset = request.range().offset();
    if (offset > MAX_SKIP_BYTES) {
      throw StorageException.of(
          Kind.UNSUPPORTED,
          request.what()
              + ": the server ignores Range requests, so bytes beyond "
              + MAX_SKIP_BYTES
              + " cannot be read by themselves");
    }
    if (body.skip(offset) < offset) {
      throw corrupt(request, "the answer ends before the range that was asked for");
    }
  }

  private static void checkRange(RangeRequest request, ResponseHead head) throws StorageException {
    ByteRange range = request.range();
    ContentRange answered =
        ContentRange.parse(head.field("content-range").orElse(""))
            .orElseThrow(() -> corrupt(request, "a partial answer without a Content-Range"));
    if (answered.first() != range.offset() || answered.last() != range.end() - 1) {
      throw corrupt(request, "the answer is another range than the one that was asked for");
    }
    long size = request.expected().sizeBytes();
    if (answered.total() >= 0 && answered.total() != size) {
      throw request.expected().hasStrongEtag()
          ? corrupt(request, "its size is given as " + answered.total() + " instead of " + size)
          : StorageException.of(
              Kind.CHANGED,
              request.what() + " has " + answered.total() + " bytes now instead of " + size);
    }
    long length = head.contentLength().orElse(range.length());
    if (length != range.length()) {
      throw corrupt(request, "the answer's length is " + length + " instead of " + range.length());
    }
  }

  static StorageException corrupt(RangeRequest request, String what) {
    return StorageException.retryable(Kind.CORRUPT, request.what() + ": " + what);
  }
}
