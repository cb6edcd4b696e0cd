package io.gridset.server.store.s3;

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
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.EncodingType;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.services.s3.presigner.model.PresignedGetObjectRequest;

/// One bucket through Amazon's SDK.
final class S3Bucket implements BucketClient {
  private final String bucket;
  private final S3Client s3;
  private final @Nullable S3Presigner presigner;
  private final BucketFailures failures;

  /// @param presigner null for anonymous access, where there is nothing to sign
  S3Bucket(String bucket, S3Client s3, @Nullable S3Presigner presigner, BucketFailures failures) {
    this.bucket = bucket;
    this.s3 = s3;
    this.presigner = presigner;
    this.failures = failures;
  }

  @Override
  public ListPage page(String prefix, @Nullable String token) throws StorageException {
    try {
      ListObjectsV2Response page =
          s3.listObjectsV2(
              r ->
                  r.bucket(bucket)
                      .prefix(prefix)
                      .delimiter("/")
                      .encodingType(EncodingType.URL)
                      .continuationToken(token));
      List<Listed> objects =
          page.contents().stream()
              .map(o -> new Listed(o.key(), identity(o.size(), o.lastModified(), o.eTag())))
              .toList();
      List<String> prefixes = page.commonPrefixes().stream().map(CommonPrefix::prefix).toList();
      boolean more = Boolean.TRUE.equals(page.isTruncated());
      return new ListPage(objects, prefixes, more ? page.nextContinuationToken() : null);
    } catch (SdkException e) {
      throw translate("listing '" + prefix + "'", e);
    }
  }

  @Override
  public Optional<ObjectIdentity> head(String key) throws StorageException {
    try {
      HeadObjectResponse head = s3.headObject(r -> r.bucket(bucket).key(key));
      return Optional.of(identity(head.contentLength(), head.lastModified(), head.eTag()));
    } catch (AwsServiceException e) {
      if (e.statusCode() == 404) {
        return Optional.empty();
      }
      throw translate("'" + key + "'", e);
    } catch (SdkException e) {
      throw translate("'" + key + "'", e);
    }
  }

  /// Times cut to seconds: a listing tells milliseconds, a HEAD does not.
  private static ObjectIdentity identity(
      @Nullable Long size, @Nullable Instant modified, @Nullable String etag) {
    return new ObjectIdentity(
        size == null ? 0 : size,
        modified == null ? null : modified.truncatedTo(ChronoUnit.SECONDS),
        etag);
  }

  @Override
  public SignedGet sign(String key, Duration life) throws StorageException {
    try {
      if (presigner == null) {
        URI plain = s3.utilities().getUrl(u -> u.bucket(bucket).key(key)).toURI();
        return new SignedGet(RequestHead.get(plain, Map.of()), Instant.MAX);
      }
      PresignedGetObjectRequest signed =
          presigner.presignGetObject(
              r -> r.signatureDuration(life).getObjectRequest(g -> g.bucket(bucket).key(key)));
      return new SignedGet(S3Transport.head(signed.httpRequest()), signed.expiration());
    } catch (SdkException e) {
      throw translate("'" + key + "'", e);
    } catch (StorageException e) {
      throw e;
    } catch (IOException | URISyntaxException e) {
      throw StorageException.of(Kind.INVALID, "'" + key + "' cannot be signed", e);
    }
  }

  private StorageException translate(String what, SdkException thrown) {
    Optional<StorageException> ours = Causes.storage(thrown, failures.fields().endpoint());
    if (ours.isPresent()) {
      return ours.get();
    }
    if (thrown instanceof AbortedException) {
      return StorageException.of(Kind.CANCELLED, what + ": interrupted", thrown);
    }
    if (thrown instanceof AwsServiceException answer) {
      AwsErrorDetails details = answer.awsErrorDetails();
      String code = details == null || details.errorCode() == null ? "" : details.errorCode();
      return failures.translate(what, new Failure(answer.statusCode(), code, retryAfter(details)));
    }
    String message = String.valueOf(thrown.getMessage());
    if (message.contains("load credentials")) {
      return StorageException.of(
          Kind.ACCESS_DENIED,
          "no credentials for bucket "
              + bucket
              + ": set encryptOptions aws.accessKeyId and aws.secretKey, or options anonymous");
    }
    return StorageException.of(
        Kind.INVALID,
        what
            + ": "
            + failures.endpoint()
            + " does not answer like S3: check options "
            + failures.fields().endpoint(),
        thrown);
  }

  private static @Nullable Duration retryAfter(@Nullable AwsErrorDetails details) {
    if (details == null || details.sdkHttpResponse() == null) {
      return null;
    }
    String text = details.sdkHttpResponse().firstMatchingHeader("Retry-After").orElse("");
    return HttpRefusals.retryAfter(
        new ResponseHead(503, false, Map.of("retry-after", text)), InstantSource.system());
  }

  @Override
  public Refusals refusals() {
    return failures;
  }

  @Override
  public void close() {
    if (presigner != null) {
      presigner.close();
    }
    s3.close();
  }
}
