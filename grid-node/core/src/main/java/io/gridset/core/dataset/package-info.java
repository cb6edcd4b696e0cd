/// What a dataset is, after manifests were read and secrets resolved, and the port that runs one.
///
/// Entry type: [io.gridset.core.dataset.DatasetHost]. Why separate from the manifests: a manifest
/// is what users wrote, a definition is what a node executes.
@NullMarked
package io.gridset.core.dataset;

import org.jspecify.annotations.NullMarked;
