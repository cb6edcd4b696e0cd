package io.gridset.server.object;

class LocalObjectCatalogTest extends ObjectCatalogContract {
  private final LocalObjectCatalog catalog = new LocalObjectCatalog("here");

  @Override
  protected ObjectCatalog catalog() {
    return catalog;
  }

  @Override
  protected String node() {
    return "here";
  }
}
