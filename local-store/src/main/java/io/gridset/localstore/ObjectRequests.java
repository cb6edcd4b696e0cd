package io.gridset.localstore;

import io.gridset.localstore.behaviour.Fault;
import io.gridset.localstore.http.ChunkedInputStream;
import io.gridset.localstore.http.HttpRequest;
import io.gridset.localstore.http.Query;
import io.gridset.localstore.http.Response;
import io.gridset.localstore.objects.Buckets;
import io.gridset.localstore.objects.ListPage;
import io.gridset.localstore.objects.ListQuery;
import io.gridset.localstore.objects.RefusedException;
import io.gridset.localstore.objects.StoreError;
import io.gridset.localstore.objects.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// Answers authorised requests for the service, buckets and objects, in either protocol.
/// Thread-safe.
final class ObjectRequests {
  private static final int LIST_LIMIT = 1_000;
  private static final int OSS_LIST_DEFAULT = 100;
  private static final Pattern HEX_DIGEST = Pattern.compile("[0-9a-f]{64}");

  private final Buckets buckets;

  ObjectRequests(Buckets buckets) {
    this.buckets = buckets;
  }

  /// A request as understood so far.
  ///
  /// @param fault that befalls it; those of identity and range act here, all others when sending
  record Call(HttpRequest request, Protocol protocol, Target target, Optional<Fault> fault) {
    boolean isOss() {
      return protocol == Protocol.OSS;
    }
  }

  Response answer(Call call) throws IOException, RefusedException {
    if (call.target().bucket().isEmpty()) {
      return xml(Documents.buckets(call.protocol(), buckets.names()));
    }
    return call.target().key().isEmpty() ? bucket(call) : object(call);
  }

  private Response bucket(Call call) throws IOException, RefusedException {
    String bucket = call.target().bucket();
    Query query = call.request().query();
    if (call.request().method().equals("PUT") && query.isEmpty()) {
      buckets.create(bucket);
      return Response.empty(200);
    }
    if (!buckets.exists(bucket)) {
      throw new RefusedException(StoreError.NO_SUCH_BUCKET);
    }
    return switch (call.request().method()) {
      case "HEAD" -> Response.empty(200);
      case "GET" -> query.has("location") ? xml(Documents.location(call.protocol())) : list(call);
      default -> throw new RefusedException(StoreError.METHOD_NOT_ALLOWED);
    };
  }

  private Response list(Call call) throws IOException, RefusedException {
    Query query = call.request().query();
    int limit;
    String after;
    try {
      int preset = call.isOss() ? OSS_LIST_DEFAULT : LIST_LIMIT;
      limit = Integer.parseInt(query.getOrDefault("max-keys", String.valueOf(preset)));
      after =
          query.has("continuation-token")
              ? Documents.fromToken(query.getOrDefault("continuation-token", ""))
              : query.getOrDefault("start-after", query.getOrDefault("marker", ""));
    } catch (IllegalArgumentException e) {
      throw new RefusedException(
          StoreError.INVALID_ARGUMENT, "max-keys or continuation-token: " + e.getMessage());
    }
    if (limit < 0) {
      throw new RefusedException(StoreError.INVALID_ARGUMENT, "max-keys is negative");
    }
    ListQuery asked =
        new ListQuery(
            query.getOrDefault("prefix", ""),
            query.getOrDefault("delimiter", ""),
            after,
            Math.min(limit, LIST_LIMIT));
    ListPage page = buckets.list(call.target().bucket(), asked);
    return xml(
        Documents.list(
            call.protocol(), new Documents.Listing(call.target().bucket(), query, asked, page)));
  }

  private Response object(Call call) throws IOException, RefusedException {
    return switch (call.request().method()) {
      case "GET", "HEAD" -> read(call);
      case "PUT" -> write(call);
      case "DELETE" -> {
        buckets.delete(call.target().bucket(), call.target().key());
        yield Response.empty(204);
      }
      default -> throw new RefusedException(StoreError.METHOD_NOT_ALLOWED);
    };
  }

  Response read(Call call) throws IOException, RefusedException {
    StoredObject object = buckets.read(call.target().bucket(), call.target().key());
    boolean changed = call.fault().orElse(null) instanceof Fault.ChangedEtag;
    String hex = changed ? new StringBuilder(object.etag()).reverse().toString() : object.etag();
    String etag = Documents.etag(call.protocol(), hex);
    return switch (Preconditions.judge(call.request(), etag, object.lastModified())) {
      case FAILED -> throw new RefusedException(StoreError.PRECONDITION_FAILED);
      case NOT_MODIFIED -> identified(Response.empty(304), object, etag);
      case PROCEED -> content(call, object, etag);
    };
  }

  private Response content(Call call, StoredObject object, String etag)
      throws IOException, RefusedException {
    Response response =
        switch (range(call, object.size())) {
          case RequestedRange.Unsatisfiable() ->
              throw new RefusedException(StoreError.INVALID_RANGE);
          case RequestedRange.Whole() ->
              new Response(200, java.util.Map.of(), body(call, object, 0, object.size()));
          case RequestedRange.Part(long first, long length) ->
              new Response(206, java.util.Map.of(), body(call, object, first, length))
                  .with("Content-Range", contentRange(call, first, length, object.size()));
        };
    if (call.isOss()) {
      response.with("x-oss-object-type", "Normal").with("x-oss-storage-class", "Standard");
    }
    return identified(response, object, etag)
        .with("Accept-Ranges", "bytes")
        .with("Content-Type", "application/octet-stream");
  }

  private static RequestedRange range(Call call, long size) {
    String header = call.request().header("range");
    if (header == null || call.fault().orElse(null) instanceof Fault.IgnoredRange) {
      return new RequestedRange.Whole();
    }
    boolean standard =
        !call.isOss()
            || call.request().headerOrDefault("x-oss-range-behavior", "").equals("standard");
    return standard
        ? RequestedRange.parse(header, size)
        : RequestedRange.parseLenient(header, size);
  }

  private static String contentRange(Call call, long first, long length, long size) {
    long shift = 0;
    long total = size;
    if (call.fault().orElse(null) instanceof Fault.LyingContentRange(long by)) {
      shift = by;
    } else if (call.fault().orElse(null) instanceof Fault.WrongTotalLength(long by)) {
      total += by;
    }
    return "bytes " + (first + shift) + "-" + (first + length - 1 + shift) + "/" + total;
  }

  private static Response.Body body(Call call, StoredObject object, long first, long length)
      throws IOException {
    return call.request().isHead()
        ? new Response.Absent(length)
        : new Response.Slice(FileChannel.open(object.file()), first, length);
  }

  private static Response identified(Response response, StoredObject object, String etag) {
    return response
        .with("ETag", etag)
        .with("Last-Modified", HttpDate.format(object.lastModified()));
  }

  private Response write(Call call) throws IOException, RefusedException {
    HttpRequest request = call.request();
    String bucket = call.target().bucket();
    String key = call.target().key();
    if (!request.query().isEmpty()
        && (request.query().has("partNumber") || request.query().has("uploadId"))) {
      throw new RefusedException(
          StoreError.NOT_IMPLEMENTED, "This store takes whole objects, no multipart uploads.");
    }
    if (request.header("x-oss-copy-source") != null
        || request.header("x-amz-copy-source") != null) {
      throw new RefusedException(StoreError.NOT_IMPLEMENTED, "This store does not copy.");
    }
    refuseUnmetConditions(call);
    String payload = request.headerOrDefault("x-amz-content-sha256", "");
    InputStream content =
        payload.startsWith("STREAMING-") ? new ChunkedInputStream(request.body()) : request.body();
    String etag =
        buckets.write(
            bucket,
            key,
            content,
            new Buckets.ExpectedDigests(
                md5(request),
                HEX_DIGEST.matcher(payload).matches() ? Optional.of(payload) : Optional.empty()));
    return Response.empty(200)
        .with("ETag", Documents.etag(call.protocol(), etag))
        .with("Content-MD5", Base64.getEncoder().encodeToString(HexFormat.of().parseHex(etag)));
  }

  /// The conditional PUTs: `x-oss-forbid-overwrite: true`, and S3's `If-None-Match: *` /
  /// `If-Match`.
  private void refuseUnmetConditions(Call call) throws IOException, RefusedException {
    HttpRequest request = call.request();
    boolean exclusive =
        request.headerOrDefault("x-oss-forbid-overwrite", "").equals("true")
            || request.headerOrDefault("if-none-match", "").equals("*");
    String match = request.header("if-match");
    if (!exclusive && match == null) {
      return;
    }
    Optional<StoredObject> present = find(call.target());
    if (exclusive && present.isPresent()) {
      throw new RefusedException(
          call.isOss() ? StoreError.FILE_ALREADY_EXISTS : StoreError.PRECONDITION_FAILED);
    }
    if (match != null) {
      StoredObject object = present.orElseThrow(() -> new RefusedException(StoreError.NO_SUCH_KEY));
      if (!match.replace("\"", "").toLowerCase(Locale.ROOT).equals(object.etag())) {
        throw new RefusedException(StoreError.PRECONDITION_FAILED);
      }
    }
  }

  private Optional<StoredObject> find(Target target) throws IOException, RefusedException {
    try {
      return Optional.of(buckets.read(target.bucket(), target.key()));
    } catch (RefusedException e) {
      if (e.error() == StoreError.NO_SUCH_KEY) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static Optional<String> md5(HttpRequest request) throws RefusedException {
    String header = request.header("content-md5");
    try {
      return Optional.ofNullable(header)
          .map(text -> HexFormat.of().formatHex(Base64.getDecoder().decode(text)));
    } catch (IllegalArgumentException _) {
      throw new RefusedException(StoreError.INVALID_ARGUMENT, "Content-MD5 is not base64");
    }
  }

  static Response xml(String document) {
    return Response.text(200, "application/xml", document);
  }
}
