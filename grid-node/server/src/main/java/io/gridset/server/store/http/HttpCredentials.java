package io.gridset.server.store.http;

import io.gridset.core.store.StorageException;
import io.gridset.server.store.mount.MountOptions;
import io.gridset.server.store.range.Origin;
import io.gridset.server.store.range.Redirects;
import io.gridset.server.store.range.RequestHead;
import io.gridset.server.store.range.ResponseHead;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The headers that a mount's options add, and how far they may travel: a redirect to another
/// server is followed without them, one from https to http not at all.
record HttpCredentials(Origin home, Map<String, String> headers) implements Redirects {
  static HttpCredentials of(MountOptions options, Origin home) throws StorageException {
    Map<String, String> headers = new LinkedHashMap<>(options.withPrefix("http.header."));
    Optional<String> user = options.find("http.username");
    Optional<String> password = options.find("http.password");
    Optional<String> token = options.find("http.token");
    if (user.isPresent() != password.isPresent()) {
      throw options.invalid(
          (user.isPresent() ? "encryptOptions http.password" : "options http.username")
              + " is missing");
    }
    if (user.isPresent() && token.isPresent()) {
      throw options.invalid("set either http.token or http.username, not both");
    }
    user.ifPresent(
        name -> {
          byte[] pair = (name + ":" + password.orElseThrow()).getBytes(StandardCharsets.UTF_8);
          headers.put("Authorization", "Basic " + Base64.getEncoder().encodeToString(pair));
        });
    token.ifPresent(bearer -> headers.put("Authorization", "Bearer " + bearer));
    return new HttpCredentials(home, Map.copyOf(headers));
  }

  RequestHead request(String method, URI uri) throws StorageException {
    boolean atHome = Origin.of(uri).equals(home);
    return RequestHead.of(method, uri, atHome ? headers : Map.of());
  }

  @Override
  public Optional<RequestHead> next(RequestHead from, ResponseHead answer) throws StorageException {
    String location = answer.field("location").orElse("");
    boolean redirect =
        switch (answer.status()) {
          case 301, 302, 303, 307, 308 -> !location.isEmpty();
          default -> false;
        };
    if (!redirect) {
      return Optional.empty();
    }
    try {
      URI target = addressOf(from).resolve(location);
      boolean downgrade = from.origin().secure() && !Origin.of(target).secure();
      return downgrade ? Optional.empty() : Optional.of(request(from.method(), target));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  static URI addressOf(RequestHead head) {
    return URI.create(head.origin().scheme() + "://" + head.origin() + head.target());
  }

  /// Never the headers.
  @Override
  public String toString() {
    return "HttpCredentials[" + home + "]";
  }
}
