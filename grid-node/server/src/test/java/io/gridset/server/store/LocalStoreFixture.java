package io.gridset.server.store;

import io.gridset.localstore.LocalStore;
import io.gridset.localstore.LocalStoreSettings;
import io.gridset.localstore.signature.Credentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// A local object store over a temporary directory, with one bucket and one access key.
public final class LocalStoreFixture implements AutoCloseable {
  public static final String KEY_ID = "test-key-id";
  public static final String SECRET = "test-s3cr3t";
  public static final String BUCKET = "bucket";

  private final Path root;
  private final LocalStore store;

  public LocalStoreFixture(UnaryOperator<LocalStoreSettings> change) throws IOException {
    this.root = Files.createTempDirectory("gridset-store");
    Files.createDirectories(root.resolve(BUCKET));
    this.store =
        LocalStore.start(
            change.apply(
                LocalStoreSettings.serving(root).withCredentials(Credentials.of(KEY_ID, SECRET))));
  }

  public LocalStore store() {
    return store;
  }

  public void put(String key, byte[] content) throws IOException {
    Path file = root.resolve(BUCKET).resolve(key);
    Files.createDirectories(file.getParent());
    Path fresh = Files.createTempFile(root, "put", "");
    Files.write(fresh, content);
    Files.move(fresh, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  public void remove(String key) throws IOException {
    Files.delete(root.resolve(BUCKET).resolve(key));
  }

  @Override
  public void close() throws IOException {
    store.close();
    delete(root);
  }

  public static void delete(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
