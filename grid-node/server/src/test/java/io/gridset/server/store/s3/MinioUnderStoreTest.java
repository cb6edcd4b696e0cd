package io.gridset.server.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.store.StoreEntry;
import io.gridset.core.store.UnderStore;
import io.gridset.server.store.BucketStoreContractTest;
import io.gridset.server.store.Mounts;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// S3 against a real MinIO.
class MinioUnderStoreTest extends BucketStoreContractTest {
  private static final String BUCKET = "bucket";

  private Minio minio;
  private UnderStore store;

  @BeforeAll
  void start() throws Exception {
    minio = new Minio(BUCKET);
    store = Mounts.open(mount());
  }

  @AfterAll
  void stop() throws Exception {
    if (minio != null) {
      store.close();
      minio.close();
    }
  }

  @Override
  protected MountDefinition mount() {
    return Mounts.mount(
        "s3://" + BUCKET + "/mount",
        Map.of("alluxio.underfs.s3.endpoint", minio.endpoint().toString()),
        Map.of("aws.accessKeyId", Minio.KEY_ID, "aws.secretKey", Minio.SECRET));
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
    minio.put(BUCKET, "mount/" + path, content);
  }

  @Override
  protected void remove(String path) throws Exception {
    minio.remove(BUCKET, "mount/" + path);
  }

  @Test
  void aDirectoryPlaceholderIsTheDirectoryItself() throws Exception {
    minio.put(BUCKET, "mount/made/", new byte[0]);
    minio.put(BUCKET, "mount/made/child", bytes(3, 50));
    minio.put(BUCKET, "mount/hollow/", new byte[0]);
    assertThat(list(store, "made").stream().map(StoreEntry::name)).containsExactly("child");
    assertThat(list(store, "hollow")).isEmpty();
    assertThat(store.head("hollow")).isEmpty();
  }
}
