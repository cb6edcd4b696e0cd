/// Makes the container image: layers of files above a base, into a tar, without a Docker engine.
/// Not part of the program: `tools/build-images.sh` runs it. It decides no content; that is laid
/// out as directories by the script, so that shell and Java do not both know what a distribution
/// is. Entry: [io.gridset.images.ImageMain].
@NullMarked
package io.gridset.images;

import org.jspecify.annotations.NullMarked;
