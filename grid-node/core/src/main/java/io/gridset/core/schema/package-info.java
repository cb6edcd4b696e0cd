/// The fields of every kind of `data.fluid.io/v1alpha1`: shapes, limits, defaults, columns,
/// statuses, as Fluid's CRDs have them (chart 1.1.0). The standalone program checks manifests
/// against these tables, and the CRDs for Kubernetes are rendered from them, so that both know the
/// same language.
///
/// Entry type: [io.gridset.core.schema.FluidKind]. Knows nothing but the JDK. Why tables in code
/// and not a resource file: pieces that kinds share are named once, and the compiler finds what is
/// misspelt.
@NullMarked
package io.gridset.core.schema;

import org.jspecify.annotations.NullMarked;
