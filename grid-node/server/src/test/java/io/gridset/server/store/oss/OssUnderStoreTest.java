package io.gridset.server.store.oss;

import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.store.UnderStore;
import io.gridset.server.store.BucketStoreContractTest;
import io.gridset.server.store.LocalStoreFixture;
import io.gridset.server.store.Mounts;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// OSS with the older signature, which needs no region.
class OssUnderStoreTest extends BucketStoreContractTest {
  private LocalStoreFixture fixture;
  private UnderStore store;

  @BeforeAll
  void start() throws Exception {
    fixture = new LocalStoreFixture(settings -> settings);
    store = Mounts.open(mount());
  }

  @AfterAll
  void stop() throws Exception {
    store.close();
    fixture.close();
  }

  Map<String, String> signature() {
    return Map.of();
  }

  @Override
  protected MountDefinition mount() {
    Map<String, String> options = new HashMap<>(signature());
    options.put("fs.oss.endpoint", fixture.store().endpoint().toString());
    return Mounts.mount(
        "oss://" + LocalStoreFixture.BUCKET + "/mo unt",
        options,
        Map.of(
            "fs.oss.accessKeyId",
            LocalStoreFixture.KEY_ID,
            "fs.oss.accessKeySecret",
            LocalStoreFixture.SECRET));
  }

  @Override
  protected String keyIdName() {
    return "fs.oss.accessKeyId";
  }

  @Override
  protected String secretName() {
    return "fs.oss.accessKeySecret";
  }

  @Override
  protected String endpointName() {
    return "fs.oss.endpoint";
  }

  @Override
  protected UnderStore store() {
    return store;
  }

  @Override
  protected void put(String path, byte[] content) throws Exception {
    fixture.put("mo unt/" + path, content);
  }

  @Override
  protected void remove(String path) throws Exception {
    fixture.remove("mo unt/" + path);
  }
}
