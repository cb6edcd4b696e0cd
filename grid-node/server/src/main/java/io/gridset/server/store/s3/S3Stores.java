package io.gridset.server.store.s3;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.UnderStore;
import io.gridset.server.store.bucket.BucketFailures;
import io.gridset.server.store.bucket.BucketLocation;
import io.gridset.server.store.bucket.BucketUnderStore;
import io.gridset.server.store.bucket.Endpoint;
import io.gridset.server.store.mount.MountOptions;
import io.gridset.server.store.range.HttpTransport;
import io.gridset.server.store.retry.Attempts;
import java.net.URI;
import java.time.InstantSource;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/// Opens `s3://bucket/prefix` mounts with Alluxio's and Fluid's option names.
public final class S3Stores {
  private static final Pattern AMAZON_HOST =
      Pattern.compile("s3[.-](?:dualstack\\.)?([a-z0-9-]+)\\.amazonaws\\.com(?:\\.cn)?");
  private static final String DEFAULT_REGION = "us-east-1";

  private S3Stores() {}

  /// @throws StorageException INVALID when options contradict each other; no request is made
  public static UnderStore open(MountOptions options, HttpTransport transport, Attempts attempts)
      throws StorageException {
    BucketLocation location = BucketLocation.of(options);
    Optional<Endpoint> endpoint = endpoint(options);
    Region region = Region.of(region(options, endpoint));
    Access access =
        new Access(
            endpoint,
            region,
            credentials(options),
            S3Configuration.builder().pathStyleAccessEnabled(pathStyle(options, endpoint)).build());
    S3ClientBuilder client =
        S3Client.builder()
            .httpClient(new S3Transport(transport))
            .region(region)
            .credentialsProvider(access.credentials())
            .serviceConfiguration(access.configuration())
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .overrideConfiguration(o -> o.retryStrategy(AwsRetryStrategy.doNotRetry()));
    endpoint.ifPresent(e -> client.endpointOverride(e.uri()));
    S3Client s3 = client.build();
    String where = endpoint.map(Endpoint::uri).map(URI::toString).orElse("S3 in " + region.id());
    BucketFailures failures =
        new BucketFailures(
            location,
            where,
            new BucketFailures.Fields(
                "alluxio.underfs.s3.endpoint", "region", "aws.accessKeyId", "aws.secretKey"),
            InstantSource.system());
    S3Bucket bucket = new S3Bucket(location.bucket(), s3, presigner(access, s3), failures);
    return new BucketUnderStore(location, bucket, transport, attempts, InstantSource.system());
  }

  private record Access(
      Optional<Endpoint> endpoint,
      Region region,
      AwsCredentialsProvider credentials,
      S3Configuration configuration) {}

  /// Null for anonymous access: the SDK refuses to sign as nobody.
  private static @Nullable S3Presigner presigner(Access access, S3Client s3) {
    if (access.credentials() instanceof AnonymousCredentialsProvider) {
      return null;
    }
    S3Presigner.Builder presigner =
        S3Presigner.builder()
            .region(access.region())
            .credentialsProvider(access.credentials())
            .serviceConfiguration(access.configuration())
            .s3Client(s3);
    access.endpoint().ifPresent(e -> presigner.endpointOverride(e.uri()));
    return presigner.build();
  }

  private static Optional<Endpoint> endpoint(MountOptions options) throws StorageException {
    Optional<String> text =
        options.find("alluxio.underfs.s3.endpoint", "s3.endpoint", "fs.s3.endpoint", "endpoint");
    return text.isEmpty()
        ? Optional.empty()
        : Optional.of(Endpoint.parse(options, "alluxio.underfs.s3.endpoint", text.orElseThrow()));
  }

  private static String region(MountOptions options, Optional<Endpoint> endpoint) {
    Optional<String> given =
        options.find("region", "s3.region", "alluxio.underfs.s3.endpoint.region", "aws.region");
    if (given.isPresent()) {
      return given.get();
    }
    if (endpoint.isPresent()) {
      Matcher amazon = AMAZON_HOST.matcher(endpoint.get().host());
      return amazon.matches() ? amazon.group(1) : DEFAULT_REGION;
    }
    String environment = System.getenv("AWS_REGION");
    return environment == null || environment.isBlank() ? DEFAULT_REGION : environment;
  }

  /// Amazon wants the bucket in the host's name; elsewhere that needs wildcard DNS, so the path is
  /// the safe place.
  private static boolean pathStyle(MountOptions options, Optional<Endpoint> endpoint)
      throws StorageException {
    boolean byDefault = endpoint.isPresent() && !endpoint.get().host().contains(".amazonaws.com");
    return options.find("s3.path-style").isPresent()
        ? options.flag("s3.path-style")
        : byDefault || options.flag("alluxio.underfs.s3.disable.dns.buckets");
  }

  private static AwsCredentialsProvider credentials(MountOptions options) throws StorageException {
    Optional<String> id = options.find("aws.accessKeyId", "access-key", "s3a.accessKeyId");
    Optional<String> secret = options.find("aws.secretKey", "secret-key", "s3a.accessKeySecret");
    Optional<String> token = options.find("aws.sessionToken", "session-token");
    boolean anonymous = options.flag("anonymous");
    if (id.isPresent() != secret.isPresent()) {
      throw options.invalid(
          "encryptOptions "
              + (id.isPresent() ? "aws.secretKey" : "aws.accessKeyId")
              + " is missing");
    }
    if (id.isPresent()) {
      return StaticCredentialsProvider.create(
          token.isPresent()
              ? AwsSessionCredentials.create(id.get(), secret.orElseThrow(), token.get())
              : AwsBasicCredentials.create(id.get(), secret.orElseThrow()));
    }
    return anonymous
        ? AnonymousCredentialsProvider.create()
        : DefaultCredentialsProvider.builder().build();
  }
}
