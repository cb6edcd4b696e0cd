package io.gridset.server.store.s3;

import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.store.UnderStore;
import io.gridset.localstore.Protocol;
import io.gridset.server.store.BucketStoreContractTest;
import io.gridset.server.store.LocalStoreFixture;
import io.gridset.server.store.Mounts;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// S3 against the local store, which verifies signatures; [MinioUnderStoreTest] has another's.
class S3UnderStoreTest extends BucketStoreContractTest {
  private LocalStoreFixture fixture;
  private UnderStore store;

  @BeforeAll
  void start() throws Exception {
    fixture = new LocalStoreFixture(settings -> settings.withDefaultProtocol(Protocol.S3));
    store = Mounts.open(mount());
  }

  @AfterAll
  void stop() throws Exception {
    store.close();
    fixture.close();
  }

  @Override
  protected MountDefinition mount() {
    return Mounts.mount(
        "s3://" + LocalStoreFixture.BUCKET + "/mount",
        Map.of("alluxio.underfs.s3.endpoint", fixture.store().endpoint().toString()),
        Map.of(
            "aws.accessKeyId",
            LocalStoreFixture.KEY_ID,
            "aws.secretKey",
            LocalStoreFixture.SECRET));
  }

  @Override
  protected String keyIdName() {
    return "aws.accessKeyId";
  }

  @Override
  protected String secretName() {
    return "aws.secretKey";
  }

  @Override
  protected String endpointName() {
    return "alluxio.underfs.s3.endpoint";
  }

  @Override
  protected UnderStore store() {
    return store;
  }

  @Override
  protected void put(String path, byte[] content) throws Exception {
    fixture.put("mount/" + path, content);
  }

  @Override
  protected void remove(String path) throws Exception {
    fixture.remove("mount/" + path);
  }
}
