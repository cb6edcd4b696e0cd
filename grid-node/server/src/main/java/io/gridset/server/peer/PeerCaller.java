package io.gridset.server.peer;

import io.gridset.core.dataset.DatasetName;

/// Who calls an operation, as far as the data server knows from the proof that it has given.
public interface PeerCaller {
  /// Another member: it sees everything.
  PeerCaller MEMBER =
      new PeerCaller() {
        @Override
        public boolean isMember() {
          return true;
        }

        @Override
        public boolean maySee(DatasetName dataset) {
          return true;
        }
      };

  /// Whether it is a member of the grid, and not a reader node.
  boolean isMember();

  /// Whether it may read this dataset and know of it.
  boolean maySee(DatasetName dataset);
}
