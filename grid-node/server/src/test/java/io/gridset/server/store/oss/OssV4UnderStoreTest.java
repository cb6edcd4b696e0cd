package io.gridset.server.store.oss;

import java.util.Map;

/// OSS with the signature that names a region.
class OssV4UnderStoreTest extends OssUnderStoreTest {
  @Override
  Map<String, String> signature() {
    return Map.of("fs.oss.region", "cn-hangzhou", "fs.oss.signatureVersion", "v4");
  }
}
