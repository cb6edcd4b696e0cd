package io.gridset.node;

import io.gridset.client.peer.PeerAddress;
import io.gridset.client.trust.Credential;
import io.gridset.core.store.StorageException;
import io.gridset.node.ClusterSettings.Share;
import io.gridset.node.ClusterSettings.TlsFiles;
import io.gridset.server.grid.Discovery;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads the settings that concern a grid of several, from the values that [NodeConfig] has found.
/// What is wrong is added to its list of problems, with the remedy.
final class ClusterConfig {
  /// The keys of the settings file that it reads.
  static final List<String> KEYS =
      List.of(
          "cluster",
          "join",
          "gridListen",
          "dataListen",
          "nodeName",
          "clusterTokenFile",
          "noShare",
          "drainTimeout",
          "tlsCert",
          "tlsKey",
          "tlsCa",
          "readerOf");

  /// Hazelcast's usual port, known to Kubernetes' manifests for it.
  private static final int GRID_PORT = 5701;

  private static final int DATA_PORT = 5801;
  private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(30);

  /// As many characters as 96 bits have in Base64: a shorter secret could be guessed.
  private static final int TOKEN_CHARACTERS_MIN = 16;

  private static final String TOKEN_REMEDY =
      "make one with `head -c 32 /dev/urandom | base64 > FILE`, give the same file to every member"
          + " and reader, and name it with --cluster-token-file FILE";

  private final Values values;
  private final List<String> problems;
  private Optional<TlsFiles> tls = Optional.empty();
  private boolean tlsRead;

  /// The values that were given, by key.
  interface Values {
    /// Empty when nothing was given, or when the reader refuses it, which is then told.
    <T> Optional<T> read(String key, Function<String, T> reader);
  }

  ClusterConfig(Values values, List<String> problems) {
    this.values = values;
    this.problems = problems;
  }

  Optional<ReaderSettings> reader() {
    Optional<List<PeerAddress>> members = values.read("readerOf", ClusterConfig::addresses);
    if (members.isEmpty()) {
      return Optional.empty();
    }
    if (values.read("join", text -> text).isPresent()) {
      problems.add("join and readerOf: a node is a member of the grid or a reader of it, not both");
    }
    String name = values.read("cluster", ClusterConfig::name).orElse("gridset");
    Optional<Path> token = values.read("clusterTokenFile", ClusterConfig::readersToken);
    return Optional.of(new ReaderSettings(name, members.get(), token, tls()));
  }

  Optional<ClusterSettings> cluster() {
    Optional<Discovery> discovery = values.read("join", ClusterConfig::discovery);
    // Read before anything returns: a wrong value is told even where it has no effect.
    String name = values.read("cluster", ClusterConfig::name).orElse("gridset");
    Optional<PeerAddress> given = values.read("gridListen", ClusterConfig::listen);
    Optional<PeerAddress> data = values.read("dataListen", ClusterConfig::listen);
    String nodeName = values.read("nodeName", ClusterConfig::name).orElseGet(this::hostName);
    Share share = values.read("noShare", ClusterConfig::noShare).orElse(Share.BLOCKS);
    Duration drain = values.read("drainTimeout", ClusterConfig::duration).orElse(DRAIN_TIMEOUT);
    Optional<Path> token =
        values.read("readerOf", text -> text).isPresent()
            ? Optional.empty() // Read as a reader's, which may be another kind.
            : values.read("clusterTokenFile", ClusterConfig::token);
    Optional<TlsFiles> tls = tls();
    if (discovery.isEmpty()) {
      return Optional.empty();
    }
    PeerAddress grid = given.or(() -> reaching(discovery.get())).orElse(null);
    if (grid == null) {
      problems.add(
          "gridListen: it cannot be told which of this machine's addresses the other members reach;"
              + " name it with --grid-listen HOST:"
              + GRID_PORT);
      return Optional.empty();
    }
    PeerAddress dataListen = data.orElse(new PeerAddress(grid.host(), DATA_PORT));
    if (token.isEmpty() && !isLoopback(dataListen.host())) {
      problems.add(
          "clusterTokenFile: needed because the data server would listen on "
              + dataListen
              + ", where others than members can reach it: "
              + TOKEN_REMEDY);
    }
    return Optional.of(
        new ClusterSettings(
            name, discovery.get(), grid, dataListen, nodeName, share, drain, token, tls));
  }

  /// The files for TLS; what is wrong with them is told once.
  Optional<TlsFiles> tls() {
    if (!tlsRead) {
      tlsRead = true;
      tls = readTls();
    }
    return tls;
  }

  private Optional<TlsFiles> readTls() {
    Optional<Path> certificate = values.read("tlsCert", ClusterConfig::file);
    Optional<Path> key = values.read("tlsKey", ClusterConfig::file);
    Optional<Path> authorities = values.read("tlsCa", ClusterConfig::file);
    if (certificate.isPresent() && key.isPresent() && authorities.isPresent()) {
      return Optional.of(new TlsFiles(certificate.get(), key.get(), authorities.get()));
    }
    if (certificate.isPresent() || key.isPresent() || authorities.isPresent()) {
      problems.add("tlsCert, tlsKey, tlsCa: TLS is mutual and needs all three, as PEM files");
    }
    return Optional.empty();
  }

  private String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException _) {
      return "localhost"; // The machine has no name; ids tell members apart.
    }
  }

  private static String name(String text) {
    if (!text.matches("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")) {
      throw new IllegalArgumentException(
          "'" + text + "' is no name: up to 63 letters, digits, '-', '_' and '.'");
    }
    return text;
  }

  private static Duration duration(String text) {
    Matcher parts = Pattern.compile("([0-9]{1,6})(s|m)").matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("'" + text + "' is no duration; write it like 30s or 2m");
    }
    long amount = Long.parseLong(parts.group(1));
    return parts.group(2).equals("m") ? Duration.ofMinutes(amount) : Duration.ofSeconds(amount);
  }

  private static Share noShare(String text) {
    return switch (text) {
      case "true" -> Share.NOTHING;
      case "false" -> Share.BLOCKS;
      default -> throw new IllegalArgumentException("'" + text + "' is neither true nor false");
    };
  }

  private static PeerAddress listen(String text) {
    PeerAddress address = PeerAddress.parse(text);
    try {
      if (InetAddress.getByName(address.host()).isAnyLocalAddress()) {
        throw new IllegalArgumentException(
            "others cannot reach "
                + address.host()
                + "; name the address of the one interface that reaches them");
      }
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("there is no host " + address.host(), e);
    }
    return address;
  }

  private static Path file(String text) {
    Path file = Path.of(text).toAbsolutePath().normalize();
    if (!Files.isReadable(file)) {
      throw new IllegalArgumentException("the file " + file + " cannot be read");
    }
    return file;
  }

  /// A member's: the cluster's secret.
  private static Path token(String text) {
    Path file = readersToken(text);
    if (PeerTrust.isReaderToken(secret(file))) {
      throw new IllegalArgumentException(
          file + " holds a reader token: it is good for --reader-of; a member needs the secret");
    }
    return file;
  }

  /// A reader's: the cluster's secret, or a token that was derived from it.
  private static Path readersToken(String text) {
    Path file = Path.of(text).toAbsolutePath().normalize();
    String secret = secret(file);
    if (PeerTrust.isReaderToken(secret)) {
      try {
        var _ = Credential.ofReaderToken(secret);
      } catch (StorageException e) {
        throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
      }
    }
    return file;
  }

  private static String secret(Path file) {
    try {
      String secret = Files.readString(file).strip();
      if (secret.length() < TOKEN_CHARACTERS_MIN) {
        throw new IllegalArgumentException(
            "the secret in " + file + " is too short; " + TOKEN_REMEDY);
      }
      return secret;
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "there is no readable file " + file + "; " + TOKEN_REMEDY, e);
    }
  }

  private static List<PeerAddress> addresses(String text) {
    List<PeerAddress> addresses = new ArrayList<>();
    for (String one : text.split(",", -1)) {
      addresses.add(PeerAddress.parse(one.strip()));
    }
    return addresses;
  }

  private static Discovery discovery(String text) {
    if (text.startsWith("dns:")) {
      PeerAddress service = withPort(text.substring("dns:".length()));
      return new Discovery.Dns(service.host(), service.port());
    }
    if (text.startsWith("k8s:")) {
      String[] parts = text.substring("k8s:".length()).split("/", -1);
      if (parts.length != 2 || parts[0].isBlank() || parts[1].isBlank()) {
        throw new IllegalArgumentException(
            "'" + text + "' is not k8s:NAMESPACE/SERVICE; write it like k8s:ml/gridset");
      }
      PeerAddress service = withPort(parts[1]);
      return new Discovery.KubernetesApi(parts[0], service.host(), service.port());
    }
    List<String> members = new ArrayList<>();
    for (String one : text.split(",", -1)) {
      members.add(withPort(one.strip()).toString());
    }
    return new Discovery.Addresses(members);
  }

  /// Without a port, the usual one.
  private static PeerAddress withPort(String text) {
    return text.matches(".*:[0-9]+|\\[.*]:.*")
        ? PeerAddress.parse(text)
        : new PeerAddress(text.replaceAll("[\\[\\]]", ""), GRID_PORT);
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException _) {
      return false; // Whatever it is, it is not known to be harmless.
    }
  }

  /// The address from which this machine would speak to the others, as the kernel routes; no packet
  /// is sent. Of Kubernetes' API the answer would be that of its address, not of the members'.
  private static Optional<PeerAddress> reaching(Discovery discovery) {
    List<PeerAddress> others =
        switch (discovery) {
          case Discovery.Alone(), Discovery.KubernetesApi _ -> List.of();
          case Discovery.Dns(String name, int port) -> List.of(new PeerAddress(name, port));
          case Discovery.Addresses(List<String> members) ->
              members.stream().map(PeerAddress::parse).toList();
        };
    return others.stream().flatMap(other -> source(other).stream()).findFirst();
  }

  private static Optional<PeerAddress> source(PeerAddress other) {
    try (DatagramSocket probe = new DatagramSocket()) {
      InetAddress target = InetAddress.getByName(other.host());
      probe.connect(new InetSocketAddress(target, other.port()));
      return Optional.of(new PeerAddress(probe.getLocalAddress().getHostAddress(), GRID_PORT));
    } catch (SocketException | UnknownHostException _) {
      return Optional.empty(); // Another one may have a name and a route.
    }
  }
}
