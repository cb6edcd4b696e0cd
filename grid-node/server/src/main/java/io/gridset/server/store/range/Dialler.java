package io.gridset.server.store.range;

import io.gridset.client.channel.DeadlineWatch;
import io.gridset.client.channel.Guard;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/// Resolves, connects and shakes hands, each within the connect timeout.
record Dialler(TransferLimits limits, TlsTrust trust, DeadlineWatch watch, Connection.Terms terms) {
  /// A name with more addresses than this is not tried further: each may cost a whole timeout.
  private static final int MAX_ADDRESSES = 3;

  Connection dial(Origin origin, ByteBuffer buffer) throws StorageException {
    StorageException last = null;
    for (InetAddress address : resolve(origin)) {
      try {
        return connect(origin, address, buffer);
      } catch (StorageException e) {
        if (!e.retryable()) {
          throw e;
        }
        last = e;
      }
    }
    throw last != null ? last : unresolved(origin, null);
  }

  /// On a thread of its own, because the system's resolver knows no timeout.
  private List<InetAddress> resolve(Origin origin) throws StorageException {
    FutureTask<InetAddress[]> lookup =
        new FutureTask<>(() -> InetAddress.getAllByName(origin.address()));
    Thread.ofVirtual().name("resolve-" + origin.host()).start(lookup);
    try {
      InetAddress[] found = lookup.get(limits.connectTimeout().toMillis(), TimeUnit.MILLISECONDS);
      return Arrays.asList(found).subList(0, Math.min(found.length, MAX_ADDRESSES));
    } catch (ExecutionException e) {
      throw unresolved(origin, e.getCause());
    } catch (TimeoutException e) {
      throw StorageException.retryable(
          Kind.TIMED_OUT, "the name " + origin.host() + " was not resolved in time", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while resolving " + origin, e);
    }
  }

  private Connection connect(Origin origin, InetAddress address, ByteBuffer buffer)
      throws StorageException {
    Guard guard = null;
    try {
      SocketChannel channel = SocketChannel.open();
      guard = watch.guard(channel);
      guard.arm(terms.ticker().nanos() + limits.connectTimeout().toNanos());
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.connect(new InetSocketAddress(address, origin.port()));
      Wire wire =
          origin.secure() ? new TlsWire(channel, origin, trust.context()) : new PlainWire(channel);
      guard.disarm();
      if (guard.expired()) {
        throw new IOException("too late");
      }
      return new Connection(origin, wire, guard, buffer, terms);
    } catch (IOException e) {
      if (guard != null) {
        guard.close();
      }
      if (e instanceof StorageException known) {
        throw known;
      }
      throw failure(origin, guard != null && guard.expired() ? Phase.EXPIRED : Phase.FAILED, e);
    }
  }

  private enum Phase {
    EXPIRED,
    FAILED
  }

  private StorageException failure(Origin origin, Phase phase, IOException cause) {
    if (phase == Phase.EXPIRED) {
      return StorageException.retryable(
          Kind.TIMED_OUT,
          "no connection to " + origin + " within " + limits.connectTimeout().toMillis() + " ms",
          cause);
    }
    if (cause instanceof ClosedByInterruptException) {
      return StorageException.of(
          Kind.CANCELLED, "interrupted while connecting to " + origin, cause);
    }
    if (cause instanceof SSLHandshakeException && isAboutCertificates(cause)) {
      return StorageException.of(
          Kind.INVALID,
          "the TLS certificate of "
              + origin
              + " is not trusted ("
              + cause.getMessage()
              + "): name its authority's certificate in the setting caFile (gridset up --ca-file FILE)",
          cause);
    }
    String how = cause instanceof SSLException ? "TLS failed: " : "";
    return StorageException.retryable(
        Kind.UNAVAILABLE,
        "cannot connect to " + origin + " (" + how + cause.getMessage() + ")",
        cause);
  }

  /// Whether the peer's certificate is at fault, rather than a peer that broke the handshake off.
  private static boolean isAboutCertificates(Throwable failure) {
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException || cause instanceof CertPathBuilderException) {
        return true;
      }
    }
    return false;
  }

  private static StorageException unresolved(Origin origin, @Nullable Throwable cause) {
    String message = "the host name " + origin.host() + " is not known";
    if (cause != null && !(cause instanceof UnknownHostException)) {
      message = "the host name " + origin.host() + " cannot be resolved";
    }
    return cause == null
        ? StorageException.retryable(Kind.UNAVAILABLE, message)
        : StorageException.retryable(Kind.UNAVAILABLE, message, cause);
  }
}
