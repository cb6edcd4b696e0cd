package io.gridset.server.object.door;

import java.nio.file.Path;

/// What the door is told at start.
///
/// @param socket where it listens; the caller alone may listen there
/// @param node this node's id among the holders of objects
/// @param version of the program, for clients
/// @param connections served at once, each by a platform thread
public record DoorSettings(Path socket, String node, String version, int connections) {
  /// Enough for the processes of a machine; each costs a thread, and two descriptors at most.
  public static final int DEFAULT_CONNECTIONS = 256;

  public DoorSettings {
    if (connections < 1) {
      throw new IllegalArgumentException("connections: at least 1, not " + connections);
    }
  }

  public static DoorSettings of(Path socket, String node, String version) {
    return new DoorSettings(socket, node, version, DEFAULT_CONNECTIONS);
  }
}
