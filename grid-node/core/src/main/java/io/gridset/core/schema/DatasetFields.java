package io.gridset.core.schema;

import static io.gridset.core.schema.FieldsBuilder.FLAG;
import static io.gridset.core.schema.FieldsBuilder.ID;
import static io.gridset.core.schema.FieldsBuilder.TEXT;
import static io.gridset.core.schema.FieldsBuilder.TEXTS;
import static io.gridset.core.schema.FieldsBuilder.kubernetes;
import static io.gridset.core.schema.FieldsBuilder.listOf;
import static io.gridset.core.schema.FieldsBuilder.words;

import io.gridset.core.schema.FieldType.Fields;
import io.gridset.core.schema.FieldType.Items;
import io.gridset.core.schema.FieldType.Text;

/// What a Dataset's `spec` holds.
final class DatasetFields {
  /// The shortest thing that Fluid takes for an address: `oss:/` and longer.
  private static final int SHORTEST_MOUNT_POINT = 5;

  private static final Fields SECRET_KEY =
      new FieldsBuilder()
          .required("name", TEXT)
          .about("Name of the Secret, in the Dataset's namespace.")
          .required("key", TEXT)
          .about("Key in the Secret's data.")
          .build();

  /// An option whose value stands in a Secret.
  static final Fields SECRET_OPTION =
      new FieldsBuilder()
          .required("name", TEXT)
          .about("Name of the option, such as fs.oss.accessKeyId.")
          .required("valueFrom", new FieldsBuilder().required("secretKeyRef", SECRET_KEY).build())
          .build();

  static final FieldType SECRET_OPTIONS = new Items(SECRET_OPTION);

  static final Fields MOUNT =
      new FieldsBuilder()
          .required("mountPoint", new Text(SHORTEST_MOUNT_POINT, "", ""))
          .about(
              "Where the bytes come from: oss://bucket/dir, s3://, https://, local:///dir, pvc://,"
                  + " dataset://namespace/name and others.")
          .used("name", TEXT)
          .about("Name of the mount; its directory when path is not absolute.")
          .used("path", TEXT)
          .about("Absolute directory of the mount in the dataset's tree.")
          .used("options", TEXTS)
          .about("Options of the store, such as its endpoint.")
          .used("encryptOptions", SECRET_OPTIONS)
          .about("Options whose values stand in Secrets.")
          .used("readOnly", FLAG)
          .kept("shared", FLAG)
          .build();

  /// User and group that own files.
  static final Fields USER =
      new FieldsBuilder()
          .required("uid", ID)
          .required("gid", ID)
          .required("user", TEXT)
          .required("group", TEXT)
          .build();

  /// A name of a namespace, or `*`.
  private static final FieldType NAMESPACE =
      new Text(1, "^(\\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)$", "");

  /// A directory: no part of it is `.` or `..`.
  private static final FieldType DIRECTORY =
      new Text(0, "^/*(([^/.][^/]*|\\.[^/.][^/]*|\\.\\.[^/]+)(/+|$))*$", "");

  /// Ours: who may refer to a dataset.
  private static final Fields GRANT =
      new FieldsBuilder()
          .required("namespaces", new Items(NAMESPACE, 1))
          .about("Namespaces whose Datasets may refer to this one, or * for all.")
          .used("paths", new Items(DIRECTORY))
          .about("Directories of the dataset that they may refer to; all of it without any.")
          .used("access", words("Read", "ReadWrite"))
          .about("What they may do with it; Read when it is left out.")
          .build();

  /// What binds a dataset, as its spec and its status have it.
  static final FieldType RUNTIMES =
      new Items(
          new FieldsBuilder()
              .kept(TEXT, "name", "namespace", "category", "type")
              .kept("masterReplicas", FieldsBuilder.COUNT)
              .build());

  private DatasetFields() {}

  static Fields spec() {
    return new FieldsBuilder()
        .used("mounts", new Items(MOUNT, 1))
        .about("The stores whose files make up the dataset.")
        .used(
            "accessModes",
            new Items(words("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")))
        .about("Access modes of the dataset's volume; ReadOnlyMany when there are none.")
        .used("sharedOptions", TEXTS)
        .about("Options of all mounts; a mount's own go before them.")
        .used("sharedEncryptOptions", SECRET_OPTIONS)
        .about("Options of all mounts whose values stand in Secrets.")
        .used("grants", new Items(GRANT))
        .about(
            "Gridset's own: who may refer to this Dataset (dataset://). Without the field every"
                + " namespace may; with it only those that it names.")
        .kept("owner", USER)
        .kept(
            "nodeAffinity",
            new FieldsBuilder().kept("required", kubernetes("NodeSelector")).build())
        .about("Nodes that may cache the dataset.")
        .kept("tolerations", listOf("Toleration"))
        .kept("runtimes", RUNTIMES)
        .kept("placement", words("", "Exclusive", "Shared"))
        .about("Whether a node caches only this dataset (Exclusive, the default) or others, too.")
        .kept("dataRestoreLocation", new FieldsBuilder().kept(TEXT, "path", "nodeName").build())
        .build();
  }
}
