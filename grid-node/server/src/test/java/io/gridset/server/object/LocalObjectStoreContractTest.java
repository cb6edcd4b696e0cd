package io.gridset.server.object;

import io.gridset.core.object.ObjectStore;
import io.gridset.core.object.ObjectStoreContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

class LocalObjectStoreContractTest extends ObjectStoreContract {
  private TestingObjects objects;
  private LocalObjectStore store;

  @BeforeEach
  void make() throws Exception {
    objects = new TestingObjects();
    store = TestingObjects.open(objects.settings(64 << 20, 16 << 20, 0));
  }

  @AfterEach
  void remove() throws Exception {
    store.close();
    objects.close();
  }

  @Override
  protected ObjectStore store() {
    return store;
  }
}
