package io.gridset.server.control;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.SecretValue;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.manifest.SecretData;
import io.gridset.core.manifest.SecretSource;
import io.gridset.server.state.RecordExchange.Secrecy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks secrets up in this order: Secret manifests, applied here or on a member that shares them,
/// files below a directory, the environment. Each key is looked up on its own.
final class SecretLookup implements SecretSource {
  private static final Logger LOG = LoggerFactory.getLogger(SecretLookup.class);

  /// As Kubernetes limits a whole Secret to 1 MiB, one value of 64 KiB is generous.
  private static final int MAX_FILE_BYTES = 64 << 10;

  /// Names that cannot lead out of the directory.
  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_-][-._A-Za-z0-9]{0,252}");

  private final ResourceCatalog catalog;
  private final Optional<Path> directory;
  private final Map<String, String> environment;
  private final Secrecy secrecy;

  SecretLookup(ResourceCatalog catalog, ControlSettings settings, Secrecy secrecy) {
    this.catalog = catalog;
    this.directory = settings.secretDirectory();
    this.environment = settings.environment();
    this.secrecy = secrecy;
  }

  @Override
  public Lookup find(String namespace, String secret, String key) {
    var manifest = catalog.find(ResourceKind.SECRET, new DatasetName(namespace, secret));
    return manifest
        .flatMap(resource -> SecretData.value(resource.document(), key))
        .or(() -> file(namespace, secret, key))
        .or(() -> Optional.ofNullable(environment.get(variable(secret, key))).map(SecretValue::new))
        .<Lookup>map(Lookup.Found::new)
        .orElseGet(() -> manifest.isPresent() ? new Lookup.NoSuchKey() : new Lookup.NoSuchSecret());
  }

  @Override
  public String remedy() {
    return switch (secrecy) {
      case ALONE, SEALED -> "";
      case KEPT ->
          "a Secret stays on the member where it was applied, since this grid has no cluster token:"
              + " start all members with the same --cluster-token-file, or apply the Secret here";
    };
  }

  /// `GRIDSET_SECRET_<SECRET>_<KEY>` in capitals, each other sign as `_`.
  static String variable(String secret, String key) {
    return ("GRIDSET_SECRET_" + secret + "_" + key)
        .toUpperCase(Locale.ROOT)
        .replaceAll("[^A-Z0-9]", "_");
  }

  private Optional<SecretValue> file(String namespace, String secret, String key) {
    if (directory.isEmpty()
        || !List.of(namespace, secret, key).stream().allMatch(FILE_NAME.asMatchPredicate())) {
      return Optional.empty();
    }
    Path root = directory.get();
    for (Path file :
        List.of(
            root.resolve(namespace).resolve(secret).resolve(key),
            root.resolve(secret).resolve(key))) {
      if (Files.isRegularFile(file)) {
        try (InputStream in = Files.newInputStream(file)) {
          String text = new String(in.readNBytes(MAX_FILE_BYTES), StandardCharsets.UTF_8);
          return Optional.of(new SecretValue(text.endsWith("\n") ? text.stripTrailing() : text));
        } catch (IOException e) {
          LOG.warn("the secret file {} cannot be read: {}", file, e.toString());
        }
      }
    }
    return Optional.empty();
  }
}
