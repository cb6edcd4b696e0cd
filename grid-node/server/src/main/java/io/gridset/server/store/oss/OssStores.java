package io.gridset.server.store.oss;

import com.aliyun.sdk.service.oss2.OSSClient;
import com.aliyun.sdk.service.oss2.OSSClientBuilder;
import com.aliyun.sdk.service.oss2.credentials.AnonymousCredentialsProvider;
import com.aliyun.sdk.service.oss2.credentials.CredentialsProvider;
import com.aliyun.sdk.service.oss2.credentials.EnvironmentVariableCredentialsProvider;
import com.aliyun.sdk.service.oss2.credentials.StaticCredentialsProvider;
import com.aliyun.sdk.service.oss2.exceptions.CredentialsException;
import com.aliyun.sdk.service.oss2.retry.NopRetryer;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.UnderStore;
import io.gridset.server.store.bucket.BucketFailures;
import io.gridset.server.store.bucket.BucketLocation;
import io.gridset.server.store.bucket.BucketUnderStore;
import io.gridset.server.store.bucket.Endpoint;
import io.gridset.server.store.mount.MountOptions;
import io.gridset.server.store.range.HttpTransport;
import io.gridset.server.store.retry.Attempts;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Opens `oss://bucket/prefix` mounts with Fluid's option names.
public final class OssStores {
  private static final Pattern ALIYUN_HOST =
      Pattern.compile("(?:[a-z0-9-]+\\.)?oss-([a-z]+-[a-z0-9-]+?)(?:-internal)?\\.aliyuncs\\.com");

  private OssStores() {}

  /// @throws StorageException INVALID when options are missing or contradict each other; no request
  ///   is made
  public static UnderStore open(MountOptions options, HttpTransport transport, Attempts attempts)
      throws StorageException {
    BucketLocation location = BucketLocation.of(options);
    Optional<String> given = options.find("fs.oss.region");
    Endpoint endpoint = endpoint(options, given);
    Optional<String> region = given.or(() -> regionOf(endpoint));
    String version = signatureVersion(options, region);
    OSSClientBuilder builder =
        OSSClient.newBuilder()
            .endpoint(endpoint.toString())
            .region(region.orElse(""))
            .signatureVersion(version)
            .credentialsProvider(credentials(options))
            .usePathStyle(endpoint.isLocal())
            .retryer(new NopRetryer())
            .httpClient(new OssTransport(transport));
    BucketFailures failures =
        new BucketFailures(
            location,
            endpoint.toString(),
            new BucketFailures.Fields(
                "fs.oss.endpoint", "fs.oss.region", "fs.oss.accessKeyId", "fs.oss.accessKeySecret"),
            InstantSource.system());
    OssBucket bucket = new OssBucket(location.bucket(), builder.build(), failures);
    return new BucketUnderStore(location, bucket, transport, attempts, InstantSource.system());
  }

  private static Endpoint endpoint(MountOptions options, Optional<String> region)
      throws StorageException {
    Optional<String> text = options.find("fs.oss.endpoint");
    if (text.isEmpty() && region.isEmpty()) {
      throw options.invalid(
          "options fs.oss.endpoint is missing; write it like oss-cn-hangzhou.aliyuncs.com");
    }
    return Endpoint.parse(
        options,
        "fs.oss.endpoint",
        text.orElseGet(() -> "oss-" + region.orElse("") + ".aliyuncs.com"));
  }

  static Optional<String> regionOf(Endpoint endpoint) {
    Matcher host = ALIYUN_HOST.matcher(endpoint.host());
    return host.matches() ? Optional.of(host.group(1)) : Optional.empty();
  }

  private static String signatureVersion(MountOptions options, Optional<String> region)
      throws StorageException {
    String version =
        options
            .find("fs.oss.signatureVersion")
            .orElse(region.isPresent() ? "v4" : "v1")
            .toLowerCase(Locale.ROOT);
    if (!version.equals("v1") && !version.equals("v4")) {
      throw options.invalid("options fs.oss.signatureVersion is '" + version + "'; v1 or v4");
    }
    if (version.equals("v4") && region.isEmpty()) {
      throw options.invalid(
          "options fs.oss.region is missing; V4 signatures need it (or use"
              + " fs.oss.signatureVersion v1)");
    }
    return version;
  }

  private static CredentialsProvider credentials(MountOptions options) throws StorageException {
    Optional<String> id = options.find("fs.oss.accessKeyId");
    Optional<String> secret = options.find("fs.oss.accessKeySecret");
    Optional<String> token = options.find("fs.oss.securityToken");
    boolean anonymous = options.flag("anonymous");
    if (id.isPresent() != secret.isPresent()) {
      throw options.invalid(
          "encryptOptions "
              + (id.isPresent() ? "fs.oss.accessKeySecret" : "fs.oss.accessKeyId")
              + " is missing");
    }
    if (id.isPresent()) {
      return token.isPresent()
          ? new StaticCredentialsProvider(id.get(), secret.orElseThrow(), token.get())
          : new StaticCredentialsProvider(id.get(), secret.orElseThrow());
    }
    if (anonymous) {
      return new AnonymousCredentialsProvider();
    }
    try {
      return new EnvironmentVariableCredentialsProvider();
    } catch (CredentialsException e) {
      throw StorageException.of(
          Kind.ACCESS_DENIED,
          "no credentials for "
              + options.mount().mountPoint()
              + ": set encryptOptions fs.oss.accessKeyId and fs.oss.accessKeySecret, or options"
              + " anonymous",
          e);
    }
  }
}
