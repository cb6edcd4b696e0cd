package io.gridset.client;

import java.util.List;

/// A part of a listing of objects, in order of names.
///
/// @param more whether there are objects after the last
public record ObjectPage(List<ObjectView> objects, boolean more) {}
