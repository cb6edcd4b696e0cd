/// Arrow's IPC *file* format, laid out for being mapped: body and buffers begin at multiples of 64,
/// nothing is compressed (columnar format, "IPC File Format", version V5 of the metadata).
///
/// Entry types: [io.gridset.arrow.ipc.AlignedIpcWriter], [io.gridset.arrow.ipc.MappedIpc]. Why not
/// Arrow's own writer and reader: the writer aligns to 8, copies through a channel and does not
/// know the length beforehand; the reader copies every buffer.
@NullMarked
package io.gridset.arrow.ipc;

import org.jspecify.annotations.NullMarked;
