/// Renders the model of `core.schema` as CustomResourceDefinitions: schemas with limits, defaults
/// and rules, columns, subresources. They stand in `manifests/crds`, written by
/// `tools/generate-manifests.sh`.
///
/// Entry type: [io.gridset.operator.crd.CustomResourceDefinitions]. Knows core and the classes of
/// Kubernetes' own types, no client. Why not fabric8's generator: it starts from annotated Java
/// classes, a second model beside core's.
@NullMarked
package io.gridset.operator.crd;

import org.jspecify.annotations.NullMarked;
