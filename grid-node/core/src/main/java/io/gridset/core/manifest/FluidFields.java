package io.gridset.core.manifest;

import io.gridset.core.schema.FieldType;
import io.gridset.core.schema.FieldType.AnyList;
import io.gridset.core.schema.FieldType.Anything;
import io.gridset.core.schema.FieldType.Field;
import io.gridset.core.schema.FieldType.Fields;
import io.gridset.core.schema.FieldType.Flag;
import io.gridset.core.schema.FieldType.Text;
import io.gridset.core.schema.FieldType.Texts;
import io.gridset.core.schema.FieldType.Treatment;
import io.gridset.core.schema.FluidKind;

/// The fields of whole documents: what stands around the `spec` that `core.schema` describes.
final class FluidFields {
  private static final FieldType TEXT = new Text(0, "", "");
  private static final FieldType TEXTS = new Texts();
  private static final FieldType LIST = new AnyList();
  private static final FieldType ANY = new Anything();

  private static final Fields METADATA =
      Fields.of(
          required("name", TEXT),
          used("namespace", TEXT),
          used("labels", TEXTS),
          used("annotations", TEXTS),
          used("generateName", TEXT),
          used("finalizers", LIST),
          used("ownerReferences", LIST),
          used("managedFields", LIST),
          used("uid", TEXT),
          used("resourceVersion", TEXT),
          used("creationTimestamp", ANY),
          used("deletionTimestamp", ANY),
          used("deletionGracePeriodSeconds", ANY),
          used("generation", ANY),
          used("selfLink", TEXT));

  private static final Field API_VERSION = required("apiVersion", TEXT);
  private static final Field KIND = required("kind", TEXT);
  private static final Field METADATA_FIELD = required("metadata", METADATA);
  private static final Field STATUS = used("status", ANY);

  private static final Fields SECRET =
      Fields.of(
          API_VERSION,
          KIND,
          METADATA_FIELD,
          used("type", TEXT),
          used("data", TEXTS),
          used("stringData", TEXTS),
          new Field("immutable", new Flag(), Treatment.KEPT),
          STATUS);

  private FluidFields() {}

  /// The whole document of a kind.
  static Fields of(ResourceKind kind) {
    return kind.fluid().map(FluidFields::document).orElse(SECRET);
  }

  private static Fields document(FluidKind kind) {
    Field spec = kind.needsSpec() ? required("spec", kind.spec()) : used("spec", kind.spec());
    return Fields.of(API_VERSION, KIND, METADATA_FIELD, spec, STATUS);
  }

  private static Field required(String name, FieldType type) {
    return new Field(name, type, Treatment.REQUIRED);
  }

  private static Field used(String name, FieldType type) {
    return new Field(name, type, Treatment.USED);
  }
}
