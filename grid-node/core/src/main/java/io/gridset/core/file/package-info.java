/// The port that a mount (or any other reader of files) sees: a tree of files with versions.
///
/// Entry type: [io.gridset.core.file.DatasetFiles]. Why it does not mention blocks: how bytes
/// arrive is the server's concern; a mount knows files, ranges and whether a file is sealed.
@NullMarked
package io.gridset.core.file;

import org.jspecify.annotations.NullMarked;
