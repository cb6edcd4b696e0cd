package io.gridset.server.object;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What the objects that a node holds share.
///
/// @param records in memory, beside the segments
/// @param mayLeave whether an object may leave this node, as enough others hold it: then nobody
///   counts on this node any more
/// @param stays told of an object that might have left, and did not
/// @param dropped told of an object that left it
/// @param uses counts them: the order of use, and the number of a segment
record Holding(
    Segments segments,
    RecordFiles records,
    @Nullable DiskCopies disk,
    Predicate<ObjectRecord> mayLeave,
    Consumer<ObjectRecord> stays,
    Consumer<HeldObject> dropped,
    AtomicLong uses) {
  long tick() {
    return uses.incrementAndGet();
  }
}
