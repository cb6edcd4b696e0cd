package io.gridset.localstore;

/// An object store's dialect.
public enum Protocol {
  OSS,
  S3
}
