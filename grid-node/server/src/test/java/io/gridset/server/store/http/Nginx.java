package io.gridset.server.store.http;

import io.gridset.server.store.LocalStoreFixture;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/// A real nginx on a loopback port, with temporary directories of its own.
final class Nginx implements AutoCloseable {
  private static final String CONFIGURATION =
      """
      daemon off;
      worker_processes 1;
      pid @DIR@/nginx.pid;
      error_log @DIR@/error.log;
      @USER@
      events { worker_connections 256; }
      http {
        access_log off;
        default_type application/octet-stream;
        types { text/html html; }
        sendfile on;
        client_body_temp_path @DIR@/body;
        proxy_temp_path @DIR@/proxy;
        fastcgi_temp_path @DIR@/fastcgi;
        uwsgi_temp_path @DIR@/uwsgi;
        scgi_temp_path @DIR@/scgi;
        server {
          listen 127.0.0.1:@PORT@;
          location /files/ { alias @FILES@/; autoindex on; }
          location /rangeless/ { alias @FILES@/; autoindex on; max_ranges 0; }
          location /weak/ {
            alias @FILES@/; etag off; autoindex on; }
          location /bare/ {
            alias @FILES@/; etag off; autoindex on; add_header Last-Modified ""; }
          location /guarded/ {
            alias @FILES@/; autoindex on;
            auth_basic "files"; auth_basic_user_file @DIR@/users; }
          location /moved/ {
            rewrite ^/moved/(.*)$ http://127.0.0.1:@PORT@/files/$1 redirect; }
          location /away/ {
            rewrite ^/away/(.*)$ http://localhost:@PORT@/echo/$1 redirect; }
          location /echo/ {
            if ($http_authorization) { return 418; }
            if ($http_x_secret) { return 418; }
            alias @FILES@/; autoindex on; }
          location /loop/ { return 302 /loop/again; }
          location /page/ { return 200 "<html><title>Welcome</title><a href='x'>x</a></html>";
            default_type text/html; }
        }
      }
      """;

  private final Path directory;
  private final int port;
  private final Process process;

  Nginx() throws IOException, InterruptedException {
    directory = Files.createTempDirectory("gridset-nginx");
    Files.createDirectory(directory.resolve("files"));
    Files.writeString(directory.resolve("users"), "reader:{PLAIN}s3cr3t\n");
    try (ServerSocket free = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String user = "root".equals(System.getProperty("user.name")) ? "user root;" : "";
    Files.writeString(
        directory.resolve("nginx.conf"),
        CONFIGURATION
            .replace("@DIR@", directory.toString())
            .replace("@FILES@", files().toString())
            .replace("@USER@", user)
            .replace("@PORT@", Integer.toString(port)));
    process = start();
    awaitPort();
  }

  private Process start() throws IOException {
    try {
      return new ProcessBuilder("nginx", "-c", directory.resolve("nginx.conf").toString())
          .redirectErrorStream(true)
          .redirectOutput(directory.resolve("out.log").toFile())
          .start();
    } catch (IOException e) {
      System.out.println("SKIPPED: tests over nginx: it is not installed (Debian: nginx-light)");
      LocalStoreFixture.delete(directory);
      Assumptions.abort("nginx is not installed");
      throw e;
    }
  }

  private void awaitPort() throws IOException, InterruptedException {
    Instant deadline = Instant.now().plus(Duration.ofSeconds(10));
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress("127.0.0.1", port), 500);
        return;
      } catch (IOException e) {
        if (!process.isAlive() || Instant.now().isAfter(deadline)) {
          throw new IOException(Files.readString(directory.resolve("out.log")), e);
        }
        Thread.sleep(20);
      }
    }
  }

  Path files() {
    return directory.resolve("files");
  }

  String address() {
    return "http://127.0.0.1:" + port;
  }

  int port() {
    return port;
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    LocalStoreFixture.delete(directory);
  }
}
