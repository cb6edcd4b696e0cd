package io.gridset.node;

import io.gridset.client.peer.PeerClientSettings;
import io.gridset.client.trust.Credential;
import io.gridset.client.trust.CredentialFile;
import io.gridset.client.trust.PeerTls;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.Ticker;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// How a node proves itself to data servers, from the files that its settings name.
final class PeerTrust {
  private PeerTrust() {}

  /// A reader's: the cluster's token or one that was derived for readers.
  static PeerClientSettings of(ReaderSettings reader) throws StorageException {
    Supplier<Credential> credentials = Credential::none;
    if (reader.tokenFile().isPresent()) {
      credentials = CredentialFile.open(reader.tokenFile().get(), Ticker.system());
    }
    return PeerClientSettings.renewing(
        reader.cluster(), credentials, tls(reader.tls().orElse(null)));
  }

  /// Whether this is not the cluster's secret but derived from it.
  static boolean isReaderToken(String text) {
    return Credential.isReaderToken(text);
  }

  static @Nullable PeerTls tls(ClusterSettings.@Nullable TlsFiles files) throws StorageException {
    return files == null
        ? null
        : PeerTls.read(files.certificate(), files.key(), files.authorities());
  }
}
