package io.gridset.localstore.signature;

import java.util.Optional;

/// An access key that the store accepts.
///
/// @param securityToken if present, requests signed with this key must carry it (STS credentials)
public record Credentials(String accessKeyId, String secret, Optional<String> securityToken) {
  public Credentials {
    if (accessKeyId.isEmpty() || secret.isEmpty()) {
      throw new IllegalArgumentException("an access key needs an id and a secret");
    }
  }

  public static Credentials of(String accessKeyId, String secret) {
    return new Credentials(accessKeyId, secret, Optional.empty());
  }

  @Override
  public String toString() {
    return "Credentials[" + accessKeyId + "]";
  }
}
