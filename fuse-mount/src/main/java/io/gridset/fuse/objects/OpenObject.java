package io.gridset.fuse.objects;

import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.cache.SealedFile;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import java.util.Optional;

/// An open object under the entry that the mount knows it by.
record OpenObject(FileEntry entry, OpenFile file) implements OpenFile {
  @Override
  public PinnedBytes read(long offset, int length) throws StorageException {
    return file.read(offset, length);
  }

  @Override
  public Optional<PinnedBytes> readPresent(long offset, int length) {
    return file.readPresent(offset, length);
  }

  @Override
  public Optional<SealedFile> sealed() {
    return file.sealed();
  }

  @Override
  public void close() {
    file.close();
  }
}
