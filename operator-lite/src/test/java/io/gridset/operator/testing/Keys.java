package io.gridset.operator.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;

/// Makes the keys of an API server, with the JDK's own keytool.
final class Keys {
  private static final String PASSWORD = "password";

  private Keys() {}

  /// Writes `server.key` and `server.crt`, a certificate for loopback that is its own authority.
  static void writeServer(Path directory) throws IOException {
    Path store = directory.resolve("server.p12");
    run(
        Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
        "-genkeypair",
        "-alias",
        "server",
        "-keyalg",
        "EC",
        "-groupname",
        "secp256r1",
        "-dname",
        "CN=kube-apiserver",
        "-ext",
        "bc=ca:true",
        "-ext",
        "san=dns:localhost,dns:kubernetes.default.svc,ip:127.0.0.1",
        "-validity",
        "30",
        "-storetype",
        "PKCS12",
        "-keystore",
        store.toString(),
        "-storepass",
        PASSWORD);
    try {
      KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
      Key key = keys.getKey("server", PASSWORD.toCharArray());
      write(directory.resolve("server.key"), "PRIVATE KEY", key.getEncoded());
      write(
          directory.resolve("server.crt"),
          "CERTIFICATE",
          keys.getCertificate("server").getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IOException("the server's certificate cannot be read", e);
    }
  }

  /// Writes `accounts.key` and `accounts.pub`, which sign the tokens of service accounts.
  static void writeAccounts(Path directory) throws IOException {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      KeyPair pair = generator.generateKeyPair();
      write(directory.resolve("accounts.key"), "PRIVATE KEY", pair.getPrivate().getEncoded());
      write(directory.resolve("accounts.pub"), "PUBLIC KEY", pair.getPublic().getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IOException("no RSA keys", e);
    }
  }

  private static void write(Path file, String label, byte[] encoded) throws IOException {
    Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
    Files.writeString(
        file,
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(label, lines.encodeToString(encoded), label));
  }

  private static void run(String... command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IOException("keytool failed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
