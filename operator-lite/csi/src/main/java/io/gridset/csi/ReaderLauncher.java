package io.gridset.csi;

import io.gridset.core.dataset.DatasetName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// How a node that reads a dataset from its grid is started, and known to run.
public interface ReaderLauncher {
  /// The command line of such a node, which reads this dataset.
  List<String> command(DatasetName dataset, Path runDirectory, Path stateDirectory);

  /// Whether a node holds the run directory, be it one that does not answer.
  boolean runs(Path runDirectory) throws IOException;
}
