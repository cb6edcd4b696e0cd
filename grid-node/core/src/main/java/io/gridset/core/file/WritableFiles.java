package io.gridset.core.file;

import io.gridset.core.store.StorageException;

/// The way into a tree that takes new files. A file is written under its name or under a temporary
/// one, is a draft until it is finished, and then is there whole. Finished files never change: they
/// can only be deleted. Paths as in [FileEntry#path()]. Thread-safe.
public interface WritableFiles extends AutoCloseable {
  /// Whether a rename may take the place of another draft. Finished files are never replaced.
  enum Replacing {
    ALLOWED,
    REFUSED
  }

  /// Starts a draft, empty. Under a temporary name it is found like any file; under the name of a
  /// file to be nobody sees it before it is finished, so two may be written at a time: the first to
  /// be finished has the name.
  ///
  /// @throws StorageException ALREADY_EXISTS; INVALID for a name that stands for no file to be
  WritableFile create(String path) throws StorageException;

  /// Opens a draft that has a temporary name for more bytes.
  ///
  /// @throws StorageException ALREADY_EXISTS for a finished file, NOT_FOUND
  WritableFile open(String path) throws StorageException;

  /// Whether `entry` is a draft, of which nothing may be believed for longer than the answer.
  boolean isDraft(FileEntry entry);

  /// Deletes a finished file or a draft; who has it open keeps it.
  ///
  /// @throws StorageException NOT_FOUND
  void delete(String path) throws StorageException;

  /// Gives a draft another name. To be called the name of a file to be finishes it, at once unless
  /// it is still being written.
  ///
  /// @throws StorageException as [WritableFile#flush()]; UNSUPPORTED for what is no draft
  void rename(String from, String to, Replacing replacing) throws StorageException;

  /// Makes a directory, which lasts while the tree is served or has files in it.
  ///
  /// @throws StorageException ALREADY_EXISTS, INVALID
  FileEntry makeDirectory(String path) throws StorageException;

  /// Removes a directory that the caller has seen to be empty.
  ///
  /// @throws StorageException NOT_FOUND; INVALID for one that is always there
  void removeDirectory(String path) throws StorageException;

  /// Gives back what drafts hold.
  @Override
  void close();
}
