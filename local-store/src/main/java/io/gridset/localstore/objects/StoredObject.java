package io.gridset.localstore.objects;

import java.nio.file.Path;
import java.time.Instant;

/// An object as it stands.
///
/// @param lastModified to the second, as HTTP dates are
/// @param etag without quotes, hex in lower case
public record StoredObject(Path file, long size, Instant lastModified, String etag) {}
