package io.gridset.server.listing;

import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.tree.DirectoryKey;
import io.gridset.server.tree.KnownIdentity;
import io.gridset.server.tree.ListingCopy;
import io.gridset.server.tree.ListingCopy.Standing;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;

/// What nodes ask each other about directories, as bytes. Pure.
final class ListingMessages {
  static final String LIST = "list";
  static final String HEAD = "head";
  static final String SYNC = "sync";
  static final String OFFER = "offer-listing";

  /// What fits into one answer of the port, with room for what goes around a listing.
  static final int MAX_LISTING_BYTES = (64 << 20) - 4096;

  private static final int FAILURE = 0;
  private static final int CURRENT = 1;
  private static final int STALE = 2;
  private static final int NONE = 3;
  private static final int PRESENT = 4;
  private static final int GONE = 5;

  /// What a listing may cost the one who is asked.
  enum Effort {
    /// Ask the origin when need be.
    AS_HOME,
    /// Only what is there.
    RECALL
  }

  /// A request for a listing.
  record ListRequest(DirectoryKey directory, Effort effort, long maxAgeNanos) {}

  /// A request for one identity.
  record HeadRequest(DirectoryKey directory, String name) {}

  /// What a member shall forget.
  record SyncRequest(String datasetUid, String path) {}

  /// A listing that member `holder` heard and others may want a copy of.
  record Offer(DirectoryKey directory, String holder) {}

  /// The answer to a request for a listing.
  sealed interface ListAnswer {
    record Copy(ListingCopy listing) implements ListAnswer {}

    /// The one who was asked cannot say: the dataset does not run there, or the listing is too
    /// long.
    record Nothing() implements ListAnswer {}

    /// What the origin said to the one who was asked.
    record Failure(StorageException cause) implements ListAnswer {}
  }

  private interface Body {
    void write(DataOutputStream out) throws IOException;
  }

  private interface Reader<T> {
    T read(DataInputStream in) throws IOException;
  }

  private ListingMessages() {}

  static byte[] encode(ListRequest request) {
    return bytes(
        out -> {
          writeKey(out, request.directory);
          out.writeBoolean(request.effort == Effort.RECALL);
          out.writeLong(request.maxAgeNanos);
        });
  }

  static ListRequest listRequest(byte[] bytes) throws StorageException {
    return read(
        bytes,
        in -> {
          DirectoryKey key = readKey(in);
          Effort effort = in.readBoolean() ? Effort.RECALL : Effort.AS_HOME;
          return new ListRequest(key, effort, in.readLong());
        });
  }

  static byte[] encode(HeadRequest request) {
    return bytes(
        out -> {
          writeKey(out, request.directory);
          out.writeUTF(request.name);
        });
  }

  static HeadRequest headRequest(byte[] bytes) throws StorageException {
    return read(bytes, in -> new HeadRequest(readKey(in), in.readUTF()));
  }

  static byte[] encode(SyncRequest request) {
    return bytes(
        out -> {
          out.writeUTF(request.datasetUid);
          out.writeUTF(request.path);
        });
  }

  static SyncRequest syncRequest(byte[] bytes) throws StorageException {
    return read(bytes, in -> new SyncRequest(in.readUTF(), in.readUTF()));
  }

  static byte[] encode(Offer offer) {
    return bytes(
        out -> {
          writeKey(out, offer.directory);
          out.writeUTF(offer.holder);
        });
  }

  static Offer offer(byte[] bytes) throws StorageException {
    return read(bytes, in -> new Offer(readKey(in), in.readUTF()));
  }

  static byte[] encode(ListAnswer answer) {
    return bytes(
        out -> {
          switch (answer) {
            case ListAnswer.Copy(var listing) when listing.encoded().length > MAX_LISTING_BYTES ->
                out.writeByte(NONE);
            case ListAnswer.Copy(var listing) -> {
              out.writeByte(listing.standing() == Standing.CURRENT ? CURRENT : STALE);
              out.writeLong(listing.ageNanos());
              out.writeInt(listing.encoded().length);
              out.write(listing.encoded());
            }
            case ListAnswer.Nothing _ -> out.writeByte(NONE);
            case ListAnswer.Failure(var cause) -> writeFailure(out, cause);
          }
        });
  }

  static ListAnswer listAnswer(byte[] bytes) throws StorageException {
    return read(
        bytes,
        in -> {
          int tag = in.readByte();
          return switch (tag) {
            case CURRENT, STALE -> {
              long age = in.readLong();
              byte[] encoded = new byte[Math.min(in.readInt(), MAX_LISTING_BYTES)];
              in.readFully(encoded);
              Standing standing = tag == CURRENT ? Standing.CURRENT : Standing.STALE;
              yield new ListAnswer.Copy(new ListingCopy(encoded, age, standing));
            }
            case NONE -> new ListAnswer.Nothing();
            case FAILURE -> new ListAnswer.Failure(readFailure(in));
            default -> throw new IOException("an answer of no known kind");
          };
        });
  }

  static byte[] encode(KnownIdentity known) {
    return bytes(
        out -> {
          switch (known) {
            case KnownIdentity.Present(var identity) -> writeIdentity(out, identity);
            case KnownIdentity.Gone _ -> out.writeByte(GONE);
            case KnownIdentity.AskOrigin _ -> out.writeByte(NONE);
          }
        });
  }

  /// The answer to a request for an identity that the origin refused.
  static byte[] failure(StorageException cause) {
    return bytes(out -> writeFailure(out, cause));
  }

  /// @throws StorageException CORRUPT, and what the origin said to the one who was asked
  static KnownIdentity identityAnswer(byte[] bytes) throws StorageException {
    KnownIdentity known =
        read(
            bytes,
            in ->
                switch (in.readByte()) {
                  case PRESENT -> new KnownIdentity.Present(readIdentity(in));
                  case GONE -> new KnownIdentity.Gone();
                  case NONE -> new KnownIdentity.AskOrigin();
                  case FAILURE -> throw readFailure(in);
                  default -> throw new IOException("an answer of no known kind");
                });
    return known;
  }

  /// Whether the one who was asked cannot say.
  static boolean saysNothing(byte[] answer) {
    return answer.length == 1 && answer[0] == NONE;
  }

  private static void writeIdentity(DataOutputStream out, ObjectIdentity identity)
      throws IOException {
    Instant modified = identity.modified();
    String etag = identity.etag();
    out.writeByte(PRESENT);
    out.writeLong(identity.sizeBytes());
    out.writeBoolean(modified != null);
    if (modified != null) {
      out.writeLong(modified.getEpochSecond());
      out.writeInt(modified.getNano());
    }
    out.writeBoolean(etag != null);
    if (etag != null) {
      out.writeUTF(etag);
    }
  }

  private static ObjectIdentity readIdentity(DataInputStream in) throws IOException {
    long size = in.readLong();
    Instant modified = in.readBoolean() ? Instant.ofEpochSecond(in.readLong(), in.readInt()) : null;
    String etag = in.readBoolean() ? in.readUTF() : null;
    return new ObjectIdentity(size, modified, etag);
  }

  private static void writeFailure(DataOutputStream out, StorageException cause)
      throws IOException {
    out.writeByte(FAILURE);
    out.writeUTF(cause.kind().name());
    out.writeUTF(String.valueOf(cause.getMessage()));
  }

  private static StorageException readFailure(DataInputStream in) throws IOException {
    return StorageException.of(Kind.valueOf(in.readUTF()), in.readUTF());
  }

  private static void writeKey(DataOutputStream out, DirectoryKey key) throws IOException {
    out.writeUTF(key.datasetUid());
    out.writeUTF(key.mount());
    out.writeUTF(key.storePath());
  }

  private static DirectoryKey readKey(DataInputStream in) throws IOException {
    return new DirectoryKey(in.readUTF(), in.readUTF(), in.readUTF());
  }

  private static byte[] bytes(Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      body.write(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot be sent: " + e.getMessage(), e);
    }
    return bytes.toByteArray();
  }

  private static <T> T read(byte[] bytes, Reader<T> reader) throws StorageException {
    try {
      return reader.read(new DataInputStream(new ByteArrayInputStream(bytes)));
    } catch (StorageException e) {
      throw e;
    } catch (IOException
        | IllegalArgumentException
        | NegativeArraySizeException
        | DateTimeException e) {
      throw StorageException.of(Kind.CORRUPT, "a message about listings: " + e.getMessage(), e);
    }
  }
}
