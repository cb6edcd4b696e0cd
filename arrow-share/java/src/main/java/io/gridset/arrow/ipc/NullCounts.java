package io.gridset.arrow.ipc;

import io.gridset.arrow.system.Region;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;

/// Lengths and numbers of nulls of vectors, as batches tell them. Columns without nulls, which are
/// most, are told by one comparison of memory in place of a count of bits.
final class NullCounts {
  private NullCounts() {}

  static List<ArrowFieldNode> of(VectorSchemaRoot root) {
    List<ArrowFieldNode> nodes = new ArrayList<>();
    root.getFieldVectors().forEach(vector -> append(vector, nodes));
    return nodes;
  }

  private static void append(FieldVector vector, List<ArrowFieldNode> nodes) {
    int nulls = isFull(vector) ? 0 : vector.getNullCount();
    nodes.add(new ArrowFieldNode(vector.getValueCount(), nulls));
    vector.getChildrenFromFields().forEach(child -> append(child, nodes));
  }

  /// Whether it is known to have no nulls; false also when that is not known.
  private static boolean isFull(FieldVector vector) {
    if (!(vector instanceof BaseFixedWidthVector) && !(vector instanceof BaseVariableWidthVector)) {
      return false;
    }
    long words = vector.getValueCount() / Long.SIZE;
    ArrowBuf validity = vector.getValidityBuffer();
    if (words < 2 || validity.capacity() < words * Long.BYTES) {
      return false;
    }
    for (long bit = words * Long.SIZE; bit < vector.getValueCount(); bit++) {
      if (vector.isNull((int) bit)) {
        return false;
      }
    }
    return Region.isAllOnes(validity.memoryAddress(), words * Long.BYTES);
  }
}
