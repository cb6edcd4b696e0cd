package io.gridset.fuse.kernel;

import io.gridset.core.block.FileVersion;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.KnownEntry;
import io.gridset.core.store.StorageException;
import io.gridset.fuse.protocol.DirectoryPage;
import io.gridset.fuse.protocol.Errno;
import io.gridset.fuse.protocol.ErrnoException;
import io.gridset.fuse.protocol.ExtendedAttributes;
import io.gridset.fuse.protocol.FileNames;
import io.gridset.fuse.protocol.Request;
import io.gridset.fuse.protocol.Request.DirectoryForm;
import io.gridset.fuse.tree.Node;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Names, attributes and directories. Thread-safe.
final class TreeOperations {
  private static final Logger LOG = LoggerFactory.getLogger(TreeOperations.class);
  private static final byte[] DOT = {'.'};
  private static final byte[] DOT_DOT = {'.', '.'};

  /// A page of a directory is never larger than a request.
  private static final int PAGE_BYTES = 1 << 20;

  private final Served served;
  private final ConcurrentHashMap<Long, OpenDirectory> directories = new ConcurrentHashMap<>();
  private final AtomicLong nextHandle = new AtomicLong(1);

  TreeOperations(Served served) {
    this.served = served;
  }

  /// A listing as it was at opendir, so that offsets mean the same until closed.
  private record OpenDirectory(FileEntry self, List<FileEntry> entries) {}

  void lookup(long parent, String name, Reply reply) throws StorageException, ErrnoException {
    Optional<FileEntry> entry = served.files().find(served.child(parent, name));
    if (entry.isPresent()) {
      present(entry.get(), reply);
    } else {
      absent(reply);
    }
  }

  /// Answers a lookup if that needs no wait.
  void lookupPresent(long parent, String name, Reply reply) throws ErrnoException {
    switch (served.files().findPresent(served.child(parent, name))) {
      case KnownEntry.Present(var entry) -> present(entry, reply);
      case KnownEntry.Absent() -> absent(reply);
      case KnownEntry.Unknown() -> {}
    }
  }

  private void absent(Reply reply) {
    reply.body(served.bodies().absent(served.absence()));
  }

  private void present(FileEntry entry, Reply reply) {
    Duration validity = served.validity(entry);
    Node node = served.nodes().look(entry);
    if (!reply.body(served.bodies().entry(node.id(), entry, validity))) {
      forget(node.id(), 1);
    }
  }

  void forget(long node, long lookups) {
    var _ = served.nodes().forget(node, lookups);
  }

  /// The attributes of a node: the latest of its path while it still stands for it, its own while
  /// it is only kept by those who have it open.
  void attributes(long id, Reply reply) throws StorageException, ErrnoException {
    Node node = served.node(id);
    attributes(node, served.files().find(node.path()), reply);
  }

  /// Answers the same if that needs no wait.
  void attributesPresent(long id, Reply reply) throws ErrnoException {
    Node node = served.node(id);
    switch (served.files().findPresent(node.path())) {
      case KnownEntry.Present(var entry) -> attributes(node, Optional.of(entry), reply);
      case KnownEntry.Absent() -> attributes(node, Optional.empty(), reply);
      case KnownEntry.Unknown() -> {}
    }
  }

  private void attributes(Node node, Optional<FileEntry> latest, Reply reply)
      throws ErrnoException {
    if (latest.isPresent() && node.standsFor(latest.get())) {
      node.refresh(latest.get());
      reply.body(served.bodies().attributes(latest.get(), served.validity(latest.get())));
    } else if (node.path().isEmpty() || served.modes().isOpen(node.id())) {
      reply.body(served.bodies().attributes(node.entry(), Duration.ZERO));
    } else {
      reply.error(latest.isPresent() ? Errno.ESTALE : Errno.ENOENT);
    }
  }

  void openDirectory(long id, Reply reply) throws StorageException, ErrnoException {
    Node node = served.node(id);
    List<FileEntry> entries = served.files().list(node.path());
    long handle = nextHandle.getAndIncrement();
    directories.put(handle, new OpenDirectory(node.entry(), entries));
    if (!reply.body(served.bodies().opened(handle, 0, 0))) {
      directories.remove(handle);
    }
  }

  /// One page from `offset` on: 0 is `.`, 1 is `..`, entry i is i + 2.
  void readDirectory(Request.ReadDirectory request, Reply reply) throws ErrnoException {
    OpenDirectory directory = directories.get(request.handle());
    if (directory == null) {
      throw new ErrnoException(Errno.ESTALE);
    }
    int capacity = Math.min(request.size(), PAGE_BYTES);
    DirectoryPage page = new DirectoryPage(capacity, request.form());
    List<Node> looked = new ArrayList<>();
    long next = request.offset();
    while (next < directory.entries().size() + 2L) {
      if (!add(page, directory, next, looked, request.form())) {
        break;
      }
      next++;
    }
    if (!reply.body(page.bytes())) {
      looked.forEach(node -> forget(node.id(), 1));
    }
  }

  void releaseDirectory(long handle, Reply reply) {
    directories.remove(handle);
    reply.ok();
  }

  void statistics(Reply reply) {
    reply.body(served.bodies().statistics(served.files().totals()));
  }

  void extendedAttribute(long id, Request.GetExtendedAttribute request, Reply reply)
      throws StorageException, ErrnoException {
    Node node = served.node(id);
    FileVersion version = node.entry().version();
    if (version == null) {
      throw new ErrnoException(Errno.ENODATA);
    }
    String value =
        switch (request.name()) {
          case ExtendedAttributes.CACHED ->
              ExtendedAttributes.cached(
                  served.files().cachedBytes(node.path()), node.entry().sizeBytes());
          case ExtendedAttributes.VERSION -> version.id();
          default -> throw new ErrnoException(Errno.ENODATA);
        };
    answer(value.getBytes(StandardCharsets.UTF_8), request.size(), reply);
  }

  void extendedAttributes(long id, int size, Reply reply) throws ErrnoException {
    byte[] names = served.node(id).entry().isDirectory() ? new byte[0] : ExtendedAttributes.names();
    answer(names, size, reply);
  }

  private void answer(byte[] value, int size, Reply reply) throws ErrnoException {
    if (size == 0) {
      reply.body(served.bodies().length(value.length));
    } else if (size < value.length) {
      throw new ErrnoException(Errno.ERANGE);
    } else {
      reply.body(ByteBuffer.wrap(value));
    }
  }

  /// Adds the entry at `offset`, or returns false when it does not fit. Names that no kernel takes
  /// are left out.
  private boolean add(
      DirectoryPage page,
      OpenDirectory directory,
      long offset,
      List<Node> looked,
      DirectoryForm form) {
    if (offset < 2) {
      byte[] dot = offset == 0 ? DOT : DOT_DOT;
      if (page.fits(dot.length)) {
        page.addDot(dot, directory.self().inode(), offset + 1);
        return true;
      }
      return false;
    }
    FileEntry entry = directory.entries().get((int) offset - 2);
    Optional<byte[]> name = FileNames.encode(entry.name());
    if (name.isEmpty()) {
      LOG.warn("left out of a listing, for the kernel takes no such name: '{}'", entry.path());
      return true;
    }
    if (!page.fits(name.get().length)) {
      return false;
    }
    switch (form) {
      case NAMES -> page.add(name.get(), entry, offset + 1);
      case PLUS -> {
        Node node = served.nodes().look(entry);
        looked.add(node);
        Duration validity = served.validity(entry);
        page.addPlus(
            name.get(),
            new DirectoryPage.Looked(served.bodies(), node.id(), entry, validity),
            offset + 1);
      }
    }
    return true;
  }
}
