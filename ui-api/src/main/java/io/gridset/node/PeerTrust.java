package io.gridset.node;

import io.gridset.client.peer.PeerClientSettings;
import io.gridset.client.trust.ClusterToken;
import io.gridset.client.trust.Credential;
import io.gridset.client.trust.PeerTls;
import io.gridset.core.store.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How a node proves itself to data servers, from the files that its settings name.
final class PeerTrust {
  private static final String READER_TOKEN = "gst1.";

  private PeerTrust() {}

  /// A reader's: the cluster's token or one that was derived for readers.
  static PeerClientSettings of(ReaderSettings reader) throws IOException {
    Credential credential = Credential.none();
    if (reader.tokenFile().isPresent()) {
      credential = credential(reader.tokenFile().get());
    }
    return PeerClientSettings.of(reader.cluster(), credential, tls(reader.tls().orElse(null)));
  }

  /// Whether this is not the cluster's secret but derived from it.
  static boolean isReaderToken(String text) {
    return text.startsWith(READER_TOKEN);
  }

  private static Credential credential(Path file) throws IOException {
    String text = Files.readString(file).strip();
    return isReaderToken(text)
        ? Credential.ofReaderToken(text)
        : ClusterToken.of(text, file.toString()).credential();
  }

  static @Nullable PeerTls tls(ClusterSettings.@Nullable TlsFiles files) throws StorageException {
    return files == null
        ? null
        : PeerTls.read(files.certificate(), files.key(), files.authorities());
  }
}
