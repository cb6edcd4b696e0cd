package io.gridset.localstore;

import io.gridset.localstore.behaviour.FaultRule;
import io.gridset.localstore.behaviour.Limits;
import io.gridset.localstore.behaviour.Quantity;
import io.gridset.localstore.signature.Credentials;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// The command line of [LocalStoreMain], read once.
///
/// @param lifetime what ends the process
record MainOptions(LocalStoreSettings settings, List<FaultRule> faults, Lifetime lifetime) {
  static final String USAGE =
      """
      LocalStoreMain --root DIR [--host ADDRESS] [--port N] [--until stdin|signal]
        [--access-key K --secret-key S [--security-token T]] [--protocol oss|s3] [--http-index on]
        [--tls-keystore FILE.p12 --tls-password P] [--etag-md5-limit SIZE]
        [--rate 46MB] [--per-connection-rate 8MB] [--latency 20ms] [--max-concurrent N]
        [--fault 'GLOB;KIND=...;first=N']...""";

  private static final Set<String> NAMES =
      Set.of(
          "root",
          "host",
          "port",
          "until",
          "access-key",
          "secret-key",
          "security-token",
          "protocol",
          "http-index",
          "tls-keystore",
          "tls-password",
          "etag-md5-limit",
          "rate",
          "per-connection-rate",
          "latency",
          "max-concurrent");

  /// What ends the process besides a signal.
  enum Lifetime {
    STDIN,
    SIGNAL
  }

  /// @throws IllegalArgumentException naming the option that is wrong
  static MainOptions parse(String[] arguments) throws IOException {
    Map<String, String> values = new HashMap<>();
    List<FaultRule> faults = new ArrayList<>();
    for (int i = 0; i < arguments.length; i += 2) {
      String name = arguments[i].startsWith("--") ? arguments[i].substring(2) : "";
      if (i + 1 == arguments.length) {
        throw new IllegalArgumentException(arguments[i] + " lacks a value");
      }
      if (name.equals("fault")) {
        faults.add(FaultRule.parse(arguments[i + 1]));
      } else if (NAMES.contains(name)) {
        values.put(name, arguments[i + 1]);
      } else {
        throw new IllegalArgumentException("unknown option " + arguments[i]);
      }
    }
    String until = values.getOrDefault("until", "stdin").toUpperCase(Locale.ROOT);
    return new MainOptions(settings(values), faults, Lifetime.valueOf(until));
  }

  private static LocalStoreSettings settings(Map<String, String> values) throws IOException {
    String root = values.get("root");
    if (root == null) {
      throw new IllegalArgumentException("--root is missing");
    }
    LocalStoreSettings preset = LocalStoreSettings.serving(Path.of(root));
    Set<Feature> features = EnumSet.of(Feature.CONTROL);
    if (values.getOrDefault("http-index", "off").equals("on")) {
      features.add(Feature.HTTP_INDEX);
    }
    return new LocalStoreSettings(
        preset.root(),
        values.getOrDefault("host", preset.host()),
        Integer.parseInt(values.getOrDefault("port", "0")),
        credentials(values),
        Protocol.valueOf(values.getOrDefault("protocol", "oss").toUpperCase(Locale.ROOT)),
        features,
        tls(values),
        limits(values),
        values.containsKey("etag-md5-limit")
            ? Quantity.bytes(values.getOrDefault("etag-md5-limit", ""))
            : preset.md5LimitBytes());
  }

  private static Limits limits(Map<String, String> values) {
    Limits limits = Limits.NONE;
    for (String name : List.of("rate", "per-connection-rate", "latency", "max-concurrent")) {
      String value = values.get(name);
      if (value != null) {
        limits = ControlEndpoint.limited(limits, name, value);
      }
    }
    return limits;
  }

  private static List<Credentials> credentials(Map<String, String> values) {
    String accessKey = values.get("access-key");
    String secret = values.get("secret-key");
    if (accessKey == null && secret == null) {
      return List.of();
    }
    if (accessKey == null || secret == null) {
      throw new IllegalArgumentException("--access-key and --secret-key go together");
    }
    return List.of(
        new Credentials(accessKey, secret, Optional.ofNullable(values.get("security-token"))));
  }

  private static Optional<SSLContext> tls(Map<String, String> values) throws IOException {
    String file = values.get("tls-keystore");
    if (file == null) {
      return Optional.empty();
    }
    char[] password = values.getOrDefault("tls-password", "").toCharArray();
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, password);
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(keys, password);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), null, null);
      return Optional.of(context);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("--tls-keystore: " + e.getMessage(), e);
    }
  }
}
