/// Fluid's manifests (`data.fluid.io/v1alpha1`) as records: what users write, validated with the
/// path of the field that is wrong. The shapes of all fields stand in `core.schema`.
///
/// Entry type: [io.gridset.core.manifest.ResourceKind]. Why plain records and not generated
/// classes: the same model prints columns, validates and, later, renders the CRDs.
@NullMarked
package io.gridset.core.manifest;

import org.jspecify.annotations.NullMarked;
