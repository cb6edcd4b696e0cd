package io.gridset.server.object.grid;

import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.object.ObjectStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class GridObjectStoreContractTest extends ObjectStoreContract {
  @TempDir private static Path directory;
  private static TestMembers members;

  @BeforeAll
  static void start() throws Exception {
    members = new TestMembers(directory, 1);
  }

  @AfterAll
  static void stop() {
    members.close();
  }

  @AfterEach
  void deleteAll() throws Exception {
    for (ObjectInfo info : store().list("default", "")) {
      store().delete(info.name());
    }
  }

  @Override
  protected ObjectStore store() {
    return members.get(0).objects.store();
  }
}
