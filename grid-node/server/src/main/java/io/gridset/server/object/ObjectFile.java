package io.gridset.server.object;

import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import java.nio.file.Path;

/// An object that is open on a node that holds it.
public interface ObjectFile extends OpenFile {
  ObjectRecord record();

  /// The sealed file, for clients that map it and do nothing else with it: its segment may be used
  /// again once all are done and the object is deleted. Who would send the file, splice it or give
  /// it to the kernel as a backing file takes [#sealed] instead. The path is valid while this is
  /// open; a small object gets its file here.
  ///
  /// @throws StorageException NO_SPACE when a small object's file finds no memory
  Path segment() throws StorageException;
}
