/// The port of the control plane: manifests in, resources with their status out.
///
/// Entry type: [io.gridset.core.control.ControlPlane]. Why JSON trees and not typed records: a
/// resource keeps fields that Gridset does not act on, and prints them back unchanged.
@NullMarked
package io.gridset.core.control;

import org.jspecify.annotations.NullMarked;
