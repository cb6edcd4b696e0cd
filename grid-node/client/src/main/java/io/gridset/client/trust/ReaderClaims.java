package io.gridset.client.trust;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.gridset.client.WireJson;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;

/// What a reader token allows.
///
/// @param datasets names as `namespace/name`, or `*` for all
/// @param verbs what may be done; `read` is the only one there is
/// @param expires first second, since 1970, at which it is no longer valid
public record ReaderClaims(List<String> datasets, List<String> verbs, long expires) {
  /// The verb of reading bytes and listings.
  public static final String READ = "read";

  /// In `datasets`: each of them.
  public static final String ALL = "*";

  public ReaderClaims {
    datasets = List.copyOf(datasets);
    verbs = List.copyOf(verbs);
  }

  /// To read `datasets` until `expires`.
  public static ReaderClaims toRead(List<String> datasets, Instant expires) {
    return new ReaderClaims(datasets, List.of(READ), expires.getEpochSecond());
  }

  public boolean allows(DatasetName dataset) {
    return allowsAll() || (verbs.contains(READ) && datasets.contains(dataset.toString()));
  }

  /// Whether no dataset is excepted, so that nobody needs to know which one it is.
  public boolean allowsAll() {
    return verbs.contains(READ) && datasets.contains(ALL);
  }

  public boolean isExpired(Instant now) {
    return now.getEpochSecond() >= expires;
  }

  String encoded() {
    try {
      byte[] json = WireJson.mapper().writeValueAsBytes(this);
      return Base64.getUrlEncoder().withoutPadding().encodeToString(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of strings has a JSON form", e);
    }
  }

  static ReaderClaims decode(String encoded) throws StorageException {
    try {
      byte[] json = Base64.getUrlDecoder().decode(encoded);
      return WireJson.mapper()
          .readValue(new String(json, StandardCharsets.UTF_8), ReaderClaims.class);
    } catch (JsonProcessingException | IllegalArgumentException | NullPointerException e) {
      throw StorageException.of(
          Kind.ACCESS_DENIED, "the reader token's claims cannot be read: ask for a new token", e);
    }
  }
}
