package io.gridset.server.store.bucket;

import io.gridset.server.store.bucket.BucketClient.SignedGet;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Signed GETs by key, the least recently used forgotten first. Thread-safe.
final class SignatureCache {
  /// About 1 KiB each; enough for every file that is being fetched at one time.
  private static final int MAX_ENTRIES = 4096;

  private final Map<String, SignedGet> signed =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, SignedGet> eldest) {
          return size() > MAX_ENTRIES;
        }
      };

  synchronized @Nullable SignedGet get(String key) {
    return signed.get(key);
  }

  synchronized void put(String key, SignedGet get) {
    signed.put(key, get);
  }

  synchronized void forget(String key) {
    signed.remove(key);
  }
}
