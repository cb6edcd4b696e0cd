package io.gridset.node;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LogConfigurationTest {
  private static final String HAZELCAST = "com.hazelcast.internal.server.tcp.TcpServerConnection";

  private static LoggerContext configured(String level) throws Exception {
    LoggerContext context = new LoggerContext();
    context.putProperty("GRIDSET_LOG", level);
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(LogConfigurationTest.class.getResource("/logback.xml"));
    return context;
  }

  private static String told(LoggerContext context) {
    Logger logger = context.getLogger(HAZELCAST);
    ConsoleAppender<ILoggingEvent> appender =
        (ConsoleAppender<ILoggingEvent>) context.getLogger("com.hazelcast").getAppender("GRID");
    Exception cause = new IOException("Connection reset by peer");
    LoggingEvent event =
        new LoggingEvent(
            HAZELCAST,
            logger,
            Level.WARN,
            "[10.0.0.1]:5701 Connection closed.\n  Reason: Exception in Connection",
            new IllegalStateException("it broke", cause),
            null);
    return new String(appender.getEncoder().encode(event), StandardCharsets.UTF_8);
  }

  @Test
  void anEventOfHazelcastIsOneLineWithItsCauses() throws Exception {
    LoggerContext context = configured("INFO");
    String line = told(context);
    assertThat(line.strip()).doesNotContain("\n");
    assertThat(line)
        .endsWith("\n")
        .contains("Connection closed.; Reason: Exception in Connection")
        .contains("IllegalStateException: it broke")
        .contains("IOException: Connection reset by peer")
        .doesNotContain("\tat ");
    assertThat(context.getLogger(HAZELCAST).isEnabledFor(Level.WARN)).isTrue();
    assertThat(context.getLogger(HAZELCAST).isEnabledFor(Level.INFO)).isFalse();
  }

  @Test
  void atDebugNothingIsLeftOut() throws Exception {
    LoggerContext context = configured("DEBUG");
    assertThat(told(context))
        .contains("\tat " + LogConfigurationTest.class.getName())
        .contains("Caused by: java.io.IOException: Connection reset by peer");
    assertThat(context.getLogger(HAZELCAST).isEnabledFor(Level.INFO)).isTrue();
    assertThat(context.getLogger("io.gridset").isDebugEnabled()).isTrue();
  }
}
