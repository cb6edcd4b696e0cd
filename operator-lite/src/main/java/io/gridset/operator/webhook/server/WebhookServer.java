package io.gridset.operator.webhook.server;

import io.gridset.operator.webhook.AdmissionReviews;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Serves admission reviews over HTTPS. Constructed means listening; `close()` lets requests under
/// way end, for some seconds. Thread-safe.
///
/// Whoever may call is not asked: an answer tells no more than the caller has put into the review,
/// and the API server shows no certificate unless its administrator makes it.
public final class WebhookServer implements AutoCloseable {
  /// Where reviews of pods are posted.
  public static final String PODS = "/mutate-pods";

  /// Answers 200 while it serves.
  public static final String HEALTH = "/healthz";

  private static final Logger LOG = LoggerFactory.getLogger(WebhookServer.class);
  private static final int THREADS_MAX = 32;
  private static final Duration IDLE = Duration.ofSeconds(90);
  private static final Duration STOP = Duration.ofSeconds(5);

  private final Server server;
  private final ServerConnector connector;

  /// @param host to listen on
  /// @param port 0 for any free one
  /// @throws IOException when the port cannot be had
  public WebhookServer(String host, int port, ServingKey key, AdmissionReviews reviews)
      throws IOException {
    QueuedThreadPool threads = new QueuedThreadPool(THREADS_MAX, 2);
    threads.setName("webhook");
    this.server = new Server(threads);
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    // API servers call by address as well as by name.
    http.addCustomizer(new SecureRequestCustomizer(false));
    HttpConnectionFactory requests = new HttpConnectionFactory(http);
    this.connector =
        new ServerConnector(
            server, new SslConnectionFactory(context(key), requests.getProtocol()), requests);
    connector.setHost(host);
    connector.setPort(port);
    connector.setIdleTimeout(IDLE.toMillis());
    server.addConnector(connector);
    server.setHandler(new Reviews(reviews));
    server.setStopTimeout(STOP.toMillis());
    try {
      server.start();
    } catch (Exception e) {
      close();
      throw new IOException(
          "the webhook cannot listen on " + host + ":" + port + ": " + e.getMessage(), e);
    }
  }

  private static SslContextFactory.Server context(ServingKey key) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {key.manager()}, null, null);
      // Sessions that go on would show certificates of before a rotation.
      context.getServerSessionContext().setSessionTimeout((int) Duration.ofHours(1).toSeconds());
      SslContextFactory.Server factory = new SslContextFactory.Server();
      factory.setSslContext(context);
      factory.setIncludeProtocols("TLSv1.3", "TLSv1.2");
      return factory;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no TLS", e);
    }
  }

  /// The port that was got.
  public int port() {
    return connector.getLocalPort();
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the webhook's server does not end", e);
    }
  }

  private static final class Reviews extends Handler.Abstract {
    private final AdmissionReviews reviews;

    Reviews(AdmissionReviews reviews) {
      this.reviews = reviews;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      switch (Request.getPathInContext(request)) {
        case HEALTH -> send(response, 200, "text/plain", bytes("ok\n"), callback);
        case PODS -> review(request, response, callback);
        default -> send(response, 404, "text/plain", bytes("no such path\n"), callback);
      }
      return true;
    }

    private void review(Request request, Response response, Callback callback) {
      if (!request.getMethod().equals("POST")) {
        send(response, 405, "text/plain", bytes("POST a review\n"), callback);
        return;
      }
      try {
        byte[] review = read(request);
        send(response, 200, "application/json", reviews.answer(review), callback);
      } catch (IOException e) {
        send(response, 400, "text/plain", bytes(e.getMessage() + "\n"), callback);
      } catch (RuntimeException e) {
        LOG.error("a review failed for a reason that no one foresaw", e);
        send(response, 500, "text/plain", bytes("the webhook's log says more\n"), callback);
      }
    }

    private static byte[] read(Request request) throws IOException {
      if (request.getLength() > AdmissionReviews.BYTES_MAX) {
        throw new IOException("a review has no more than " + AdmissionReviews.BYTES_MAX + " bytes");
      }
      byte[] review =
          Content.Source.asInputStream(request).readNBytes(AdmissionReviews.BYTES_MAX + 1);
      if (review.length > AdmissionReviews.BYTES_MAX) {
        throw new IOException("a review has no more than " + AdmissionReviews.BYTES_MAX + " bytes");
      }
      return review;
    }

    private static byte[] bytes(String text) {
      return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void send(
        Response response, int status, String type, byte[] body, Callback callback) {
      response.setStatus(status);
      response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
      response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
      response.write(true, ByteBuffer.wrap(body), callback);
    }
  }
}
