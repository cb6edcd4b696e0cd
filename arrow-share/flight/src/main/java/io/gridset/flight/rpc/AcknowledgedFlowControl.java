package io.gridset.flight.rpc;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.jetty.http2.BufferingFlowControlStrategy;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.frames.Frame;
import org.eclipse.jetty.http2.frames.SettingsFrame;
import org.eclipse.jetty.http2.frames.WindowUpdateFrame;

/// The flow control of one connection, which uses what a client's settings allow only once their
/// acknowledgement goes ahead of it: windows of streams and lengths of frames that grow. What
/// becomes smaller counts at once.
///
/// Jetty alone uses larger ones as it reads them, for data that is queued before the
/// acknowledgement. gRPC's C core, which enlarges both by SETTINGS while streams run, holds a peer
/// to the acknowledged ones and breaks off the connection.
///
/// While settings are unacknowledged the least of what they and those before them say is used. As
/// every stream in `streams` was given exactly the window in use, no change is counted twice or
/// lost, whenever streams begin. Thread-safe: the connection's reader announces and begins streams,
/// its flusher acknowledges. Source: RFC 9113, sections 6.5.3 and 6.9.2.
final class AcknowledgedFlowControl extends BufferingFlowControlStrategy {
  /// Of a window, after which a client may send as much again; Jetty's default.
  private static final float CONSUMED_RATIO = 0.5f;

  private static final Set<Integer> HELD_BACK =
      Set.of(SettingsFrame.INITIAL_WINDOW_SIZE, SettingsFrame.MAX_FRAME_SIZE);

  /// Streams that have begun and not ended; also guards what follows.
  private final Set<Stream> streams = new HashSet<>();

  private int unacknowledged;
  private Limits announced = new Limits(DEFAULT_WINDOW_SIZE, Frame.DEFAULT_MAX_SIZE);
  private Limits used = announced;

  AcknowledgedFlowControl() {
    super(CONSUMED_RATIO);
  }

  /// What a client's settings allow, in bytes.
  private record Limits(int window, int frame) {
    Limits least(Limits other) {
      return new Limits(Math.min(window, other.window), Math.min(frame, other.frame));
    }
  }

  /// Tells the flow control of each connection of its settings. Stateless.
  static final class Listener implements HTTP2Session.FrameListener {
    @Override
    public void onIncomingFrame(Session session, Frame frame) {
      if (frame instanceof SettingsFrame settings && !settings.isReply()) {
        of(session).announce((HTTP2Session) session, settings.getSettings());
      }
    }

    @Override
    public void onOutgoingFrame(Session session, Frame frame) {
      if (frame instanceof SettingsFrame settings && settings.isReply()) {
        of(session).acknowledge((HTTP2Session) session);
      }
    }

    private static AcknowledgedFlowControl of(Session session) {
      return (AcknowledgedFlowControl) ((HTTP2Session) session).getFlowControlStrategy();
    }
  }

  /// A client's settings have arrived; Jetty applies the others next, then queues the
  /// acknowledgement.
  private void announce(HTTP2Session session, Map<Integer, Integer> settings) {
    Change change;
    synchronized (streams) {
      unacknowledged++;
      int window = settings.getOrDefault(SettingsFrame.INITIAL_WINDOW_SIZE, announced.window());
      int frame = settings.getOrDefault(SettingsFrame.MAX_FRAME_SIZE, announced.frame());
      announced = new Limits(window, frame);
      change = use(used.least(announced), session);
    }
    // Jetty has no other place to keep it from applying these.
    settings.keySet().removeAll(HELD_BACK);
    change.apply(this, session);
  }

  /// An acknowledgement is about to be written, ahead of all that is generated from now on.
  private void acknowledge(HTTP2Session session) {
    Change change;
    synchronized (streams) {
      unacknowledged--;
      if (unacknowledged > 0) {
        return;
      }
      change = use(announced, session);
    }
    change.apply(this, session);
  }

  private Change use(Limits next, HTTP2Session session) {
    int more = next.window() - used.window();
    used = next;
    session.getGenerator().setMaxFrameSize(next.frame());
    return new Change(more, more == 0 ? List.of() : List.copyOf(streams));
  }

  /// For the flusher's queue of window updates, which comes before whatever is generated next.
  private record Change(int more, List<Stream> streams) {
    void apply(AcknowledgedFlowControl control, HTTP2Session session) {
      for (Stream stream : streams) {
        control.updateWindow(session, stream, new WindowUpdateFrame(stream.getId(), more));
      }
    }
  }

  @Override
  public int getInitialStreamSendWindow() {
    synchronized (streams) {
      return used.window();
    }
  }

  @Override
  public void onStreamCreated(Stream stream) {
    synchronized (streams) {
      streams.add(stream);
      super.onStreamCreated(stream);
    }
  }

  @Override
  public void onStreamDestroyed(Stream stream) {
    synchronized (streams) {
      streams.remove(stream);
    }
    super.onStreamDestroyed(stream);
  }
}
