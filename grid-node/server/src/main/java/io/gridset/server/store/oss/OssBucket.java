package io.gridset.server.store.oss;

import com.aliyun.sdk.service.oss2.OSSClient;
import com.aliyun.sdk.service.oss2.PresignOptions;
import com.aliyun.sdk.service.oss2.exceptions.CredentialsException;
import com.aliyun.sdk.service.oss2.exceptions.CredentialsFetchException;
import com.aliyun.sdk.service.oss2.exceptions.ServiceException;
import com.aliyun.sdk.service.oss2.models.CommonPrefix;
import com.aliyun.sdk.service.oss2.models.GetObjectRequest;
import com.aliyun.sdk.service.oss2.models.HeadObjectRequest;
import com.aliyun.sdk.service.oss2.models.HeadObjectResult;
import com.aliyun.sdk.service.oss2.models.ListObjectsV2Request;
import com.aliyun.sdk.service.oss2.models.ListObjectsV2Result;
import com.aliyun.sdk.service.oss2.models.ObjectSummary;
import com.aliyun.sdk.service.oss2.models.PresignResult;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.store.bucket.BucketClient;
import io.gridset.server.store.bucket.BucketFailures;
import io.gridset.server.store.bucket.BucketFailures.Failure;
import io.gridset.server.store.bucket.Causes;
import io.gridset.server.store.range.HttpRefusals;
import io.gridset.server.store.range.Refusals;
import io.gridset.server.store.range.RequestHead;
import io.gridset.server.store.range.ResponseHead;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// One bucket through Alibaba Cloud's SDK.
final class OssBucket implements BucketClient {
  private final String bucket;
  private final OSSClient oss;
  private final BucketFailures failures;

  OssBucket(String bucket, OSSClient oss, BucketFailures failures) {
    this.bucket = bucket;
    this.oss = oss;
    this.failures = failures;
  }

  @Override
  public ListPage page(String prefix, @Nullable String token) throws StorageException {
    ListObjectsV2Request.Builder request =
        ListObjectsV2Request.newBuilder()
            .bucket(bucket)
            .prefix(prefix)
            .delimiter("/")
            .encodingType("url")
            .maxKeys(1000L);
    if (token != null) {
      request.continuationToken(token);
    }
    ListObjectsV2Result page =
        call("listing '" + prefix + "'", () -> oss.listObjectsV2(request.build()));
    boolean more = Boolean.TRUE.equals(page.isTruncated());
    return new ListPage(objects(page), prefixes(page), more ? page.nextContinuationToken() : null);
  }

  private static List<Listed> objects(ListObjectsV2Result page) {
    List<ObjectSummary> contents = page.contents();
    if (contents == null) {
      return List.of();
    }
    return contents.stream()
        .map(o -> new Listed(o.key(), identity(o.size(), o.lastModified(), o.eTag())))
        .toList();
  }

  private static List<String> prefixes(ListObjectsV2Result page) {
    List<CommonPrefix> prefixes = page.commonPrefixes();
    return prefixes == null ? List.of() : prefixes.stream().map(CommonPrefix::prefix).toList();
  }

  @Override
  public Optional<ObjectIdentity> head(String key) throws StorageException {
    HeadObjectRequest request = HeadObjectRequest.newBuilder().bucket(bucket).key(key).build();
    try {
      HeadObjectResult head = call("'" + key + "'", () -> oss.headObject(request));
      Instant modified =
          Optional.ofNullable(head.lastModified()).flatMap(ResponseHead::parseDate).orElse(null);
      return Optional.of(identity(head.contentLength(), modified, head.eTag()));
    } catch (StorageException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static ObjectIdentity identity(
      @Nullable Long size, @Nullable Instant modified, @Nullable String etag) {
    return new ObjectIdentity(
        size == null ? 0 : size,
        modified == null ? null : modified.truncatedTo(ChronoUnit.SECONDS),
        etag);
  }

  @Override
  public SignedGet sign(String key, Duration life) throws StorageException {
    GetObjectRequest request = GetObjectRequest.newBuilder().bucket(bucket).key(key).build();
    PresignOptions options = PresignOptions.newBuilder().expiration(life).build();
    PresignResult signed = call("'" + key + "'", () -> oss.presign(request, options));
    Instant expires =
        signed.expiration().orElseGet(() -> InstantSource.system().instant().plus(life));
    return new SignedGet(
        RequestHead.get(address(key, signed.url()), signed.signedHeaders().orElse(Map.of())),
        expires);
  }

  /// Without URI's own exception, whose message would show the signature.
  private static URI address(String key, String url) throws StorageException {
    try {
      return new URI(url);
    } catch (URISyntaxException e) {
      throw StorageException.of(Kind.INVALID, "'" + key + "' has no address: " + e.getReason());
    }
  }

  @FunctionalInterface
  private interface Call<T> {
    T make();
  }

  /// The SDK throws nothing but unchecked exceptions, with the cause somewhere below.
  private <T> T call(String what, Call<T> call) throws StorageException {
    try {
      return call.make();
    } catch (RuntimeException e) {
      throw translate(what, e);
    }
  }

  private StorageException translate(String what, RuntimeException thrown) {
    Optional<StorageException> ours = Causes.storage(thrown, failures.fields().endpoint());
    if (ours.isPresent()) {
      return ours.get();
    }
    ServiceException answer = ServiceException.asCause(thrown);
    if (answer != null) {
      String code = answer.errorCode() == null ? "" : answer.errorCode();
      return failures.translate(
          what, new Failure(answer.statusCode(), known(code), retryAfter(answer)));
    }
    if (caused(thrown)) {
      return StorageException.of(
          Kind.ACCESS_DENIED,
          "no credentials for bucket "
              + bucket
              + ": set encryptOptions fs.oss.accessKeyId and fs.oss.accessKeySecret",
          thrown);
    }
    return StorageException.of(
        Kind.INVALID,
        what
            + ": "
            + failures.endpoint()
            + " does not answer like OSS: check options "
            + failures.fields().endpoint(),
        thrown);
  }

  /// The SDK makes up a code where the answer had none.
  private static String known(String code) {
    return code.equals("BadErrorResponse") ? "" : code;
  }

  private static boolean caused(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof CredentialsException || t instanceof CredentialsFetchException) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable Duration retryAfter(ServiceException answer) {
    if (answer.headers() == null) {
      return null;
    }
    Map<String, String> fields =
        answer.headers().entrySet().stream()
            .collect(
                Collectors.toMap(
                    e -> e.getKey().toLowerCase(Locale.ROOT),
                    Map.Entry::getValue,
                    (first, _) -> first));
    return HttpRefusals.retryAfter(new ResponseHead(503, false, fields), InstantSource.system());
  }

  @Override
  public Refusals refusals() {
    return failures;
  }

  @Override
  public void close() {
    try {
      oss.close();
    } catch (Exception e) {
      throw new IllegalStateException("the OSS client did not close", e);
    }
  }
}
