package io.gridset.arrow;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.arrow.system.Descriptor;
import io.gridset.arrow.system.Region;
import java.io.IOException;

/// A segment of the node's memory that is being written, mapped here.
record Staged(String id, Descriptor file, Region region) {
  /// @throws ObjectException ALREADY_EXISTS when the name is in use; NO_SPACE when the node has no
  ///   memory for it
  static Staged create(Connection connection, ObjectPath path, long bytes) throws ObjectException {
    JsonNode answer = connection.call(path.into(Wire.request("create")).put("bytes", bytes));
    Descriptor file = connection.takeDescriptor();
    try {
      long capacity = Math.min(file.size(), answer.path("capacity").asLong());
      if (capacity < bytes) {
        throw new ObjectException(
            ObjectException.Kind.CORRUPT,
            "the node staged " + capacity + " bytes where " + bytes + " were asked for");
      }
      return new Staged(answer.path("staging").asText(), file, Region.mapShared(file, capacity));
    } catch (ObjectException e) {
      file.close();
      throw e;
    } catch (IOException e) {
      file.close();
      throw new ObjectException(
          ObjectException.Kind.UNAVAILABLE, "the staged segment cannot be mapped: " + e, e);
    }
  }

  /// Unmaps and closes: after that, nothing here can write to it.
  void letGo() {
    region.close();
    file.close();
  }
}
