package io.gridset.arrow.ipc;

import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/// Makes vectors of any schema. Arrow's own way fails for unions in lists of fixed size: such a
/// list makes its union before it gives it children, and then finds a union with no ids where the
/// field names some.
final class EmptyVectors {
  private EmptyVectors() {}

  /// Vectors of the schema, without rows.
  static VectorSchemaRoot of(Schema schema, BufferAllocator allocator) {
    List<FieldVector> vectors =
        schema.getFields().stream().map(field -> creatable(field).createVector(allocator)).toList();
    return new VectorSchemaRoot(schema, vectors, 0);
  }

  static FieldVector of(Field field, BufferAllocator allocator) {
    return creatable(field).createVector(allocator);
  }

  /// The same, of which Arrow can make a vector.
  static Field creatable(Field field) {
    List<Field> children = field.getChildren().stream().map(EmptyVectors::creatable).toList();
    if (field.getType() instanceof ArrowType.FixedSizeList
        && children.size() == 1
        && children.getFirst().getType() instanceof ArrowType.Union union) {
      children = List.of(typed(children.getFirst(), new LateUnion(union)));
    }
    return new Field(field.getName(), field.getFieldType(), children);
  }

  private static Field typed(Field field, ArrowType type) {
    FieldType before = field.getFieldType();
    return new Field(
        field.getName(),
        new FieldType(before.isNullable(), type, before.getDictionary(), before.getMetadata()),
        field.getChildren());
  }

  /// A field that was made from a creatable one, as it was before: `memory` itself where it is in
  /// dictionary form.
  static Field restored(Field memory, Field original) {
    if (memory.getDictionary() != null) {
      return memory;
    }
    List<Field> children = new ArrayList<>();
    for (int i = 0; i < memory.getChildren().size(); i++) {
      children.add(restored(memory.getChildren().get(i), original.getChildren().get(i)));
    }
    return new Field(memory.getName(), original.getFieldType(), children);
  }

  /// A union that is taken for one without ids, as a union without children has it, and yet tells
  /// them to the union that it is made of.
  private static final class LateUnion extends ArrowType.Union {
    private final int[] ids;

    LateUnion(ArrowType.Union union) {
      super(union.getMode(), new int[0]);
      this.ids = union.getTypeIds();
    }

    @Override
    public int[] getTypeIds() {
      return ids;
    }
  }
}
