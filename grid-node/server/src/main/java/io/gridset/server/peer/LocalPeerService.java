package io.gridset.server.peer;

import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.ObjectLocator;
import io.gridset.client.peer.Presence;
import io.gridset.core.block.FileVersion;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.read.BlockOffers;
import io.gridset.server.read.CachedDatasetFiles;
import io.gridset.server.read.HostedDatasets;
import io.gridset.server.tree.TreeFile;
import java.util.BitSet;
import java.util.Optional;

/// What this node gives to others: the blocks of the datasets that run here. A request names an
/// object by its place in the store and its identity; the file version is derived from that, and
/// loading it is conditional on it, whatever this node's own tree lists. Thread-safe.
public final class LocalPeerService implements PeerService {
  private final HostedDatasets datasets;

  public LocalPeerService(HostedDatasets datasets) {
    this.datasets = datasets;
  }

  private record Asked(BlockOffers offers, TreeFile file, int block) {}

  @Override
  public Optional<HeldBlock> held(BlockRequest request) throws StorageException {
    Asked asked = find(request);
    return asked.offers().held(asked.file(), asked.block()).map(LocalPeerService::block);
  }

  @Override
  public boolean isComing(BlockRequest request) {
    try {
      Asked asked = find(request);
      return asked.offers().isComing(asked.file(), asked.block());
    } catch (StorageException e) {
      return false; // Whoever asks for it meets the cause.
    }
  }

  @Override
  public HeldBlock bring(BlockRequest request) throws StorageException {
    Asked asked = find(request);
    if (request.mode() == BlockRequest.Mode.IF_HELD) {
      return asked
          .offers()
          .join(asked.file(), asked.block())
          .map(LocalPeerService::block)
          .orElseThrow(() -> gone(request));
    }
    return block(asked.offers().bring(asked.file(), asked.block()));
  }

  @Override
  public Presence presence(FileVersion version) {
    BitSet present = new BitSet();
    BitSet coming = new BitSet();
    for (HostedDatasets.Hosted dataset : datasets.hosted()) {
      present.or(dataset.files().offers().present(version));
      coming.or(dataset.files().offers().coming(version));
    }
    return new Presence(present, coming);
  }

  @Override
  public Optional<DatasetName> datasetName(String uid) {
    return datasets.hosted(uid).map(HostedDatasets.Hosted::name);
  }

  @Override
  public void requireRead(PeerCaller caller, ObjectLocator object) throws StorageException {
    HostedDatasets.Hosted hosted = datasets.hosted(object.datasetUid()).orElse(null);
    if (hosted != null && !caller.maySee(hosted.name())) {
      Reach reach = Reach.of(caller, hosted.name(), datasets.shared(hosted.uid()));
      Optional<String> path = hosted.files().tree().treePath(object.mount(), object.storePath());
      if (path.filter(reach::covers).isPresent()) {
        return;
      }
    }
    caller.requireRead(Optional.ofNullable(hosted).map(HostedDatasets.Hosted::name));
  }

  private Asked find(BlockRequest request) throws StorageException {
    String uid = request.object().datasetUid();
    CachedDatasetFiles files =
        datasets
            .hosted(uid)
            .orElseThrow(
                () ->
                    StorageException.of(Kind.UNSUPPORTED, "dataset " + uid + " does not run here"))
            .files();
    if (request.blockBytes() != files.blockBytes()) {
      throw StorageException.of(
          Kind.INVALID,
          "blocks of " + request.blockBytes() + " bytes; here they have " + files.blockBytes());
    }
    TreeFile file =
        files
            .tree()
            .fileAt(
                request.object().mount(),
                request.object().storePath(),
                request.object().identity());
    return new Asked(files.offers(), file, request.index());
  }

  private static HeldBlock block(BlockOffers.Offer offer) {
    return new HeldBlock(offer.bytes(), offer.crc32c());
  }

  private static StorageException gone(BlockRequest request) {
    return StorageException.retryable(
        Kind.UNAVAILABLE, "block " + request.key() + " is neither here nor on its way");
  }
}
