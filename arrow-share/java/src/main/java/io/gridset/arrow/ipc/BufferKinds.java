package io.gridset.arrow.ipc;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.arrow.vector.BufferLayout;
import org.apache.arrow.vector.BufferLayout.BufferType;
import org.apache.arrow.vector.TypeLayout;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;

/// What each buffer of a record batch is, in the order in which batches list them.
///
/// @param buffer its kind
/// @param bits of an element of it
/// @param node index of the field node that it belongs to
record BufferKinds(BufferType buffer, int bits, int node) {
  /// Bytes of an offset in it; 0 when it holds something else.
  int offsetBytes() {
    return buffer == BufferType.OFFSET ? bits / Byte.SIZE : 0;
  }

  /// @param variadicCounts data buffers of each column of views, as the batch says
  static List<BufferKinds> of(List<Field> fields, List<Long> variadicCounts) {
    List<BufferKinds> kinds = new ArrayList<>();
    int[] nodes = {0};
    Iterator<Long> counts = variadicCounts.iterator();
    for (Field field : fields) {
      append(field, kinds, nodes, counts);
    }
    return kinds;
  }

  private static void append(
      Field field, List<BufferKinds> kinds, int[] nodes, Iterator<Long> counts) {
    int node = nodes[0]++;
    for (BufferLayout layout : TypeLayout.getTypeLayout(field.getType()).getBufferLayouts()) {
      kinds.add(new BufferKinds(layout.getType(), layout.getTypeBitWidth(), node));
    }
    if (isView(field.getType()) && counts.hasNext()) {
      for (long left = counts.next(); left > 0; left--) {
        kinds.add(new BufferKinds(BufferType.DATA, Byte.SIZE, node));
      }
    }
    for (Field child : field.getChildren()) {
      append(child, kinds, nodes, counts);
    }
  }

  private static boolean isView(ArrowType type) {
    return type instanceof ArrowType.Utf8View || type instanceof ArrowType.BinaryView;
  }
}
