package io.gridset.server.grid;

/// Settings of a grid member.
///
/// @param clusterName members of other clusters are refused
/// @param bindAddress address of the one interface to listen on; loopback on one machine
/// @param port the first port to try
/// @param portCount how many ports to try, upwards
/// @param weight what this member can hold, for placement; 0 for none
public record GridSettings(
    String clusterName,
    String bindAddress,
    int port,
    int portCount,
    Discovery discovery,
    double weight) {
  private static final int FIRST_PORT = 5701;
  private static final int PORTS = 100;

  public GridSettings {
    if (clusterName.isBlank()) {
      throw new IllegalArgumentException("clusterName is empty");
    }
    if (port < 1 || portCount < 1 || port + portCount - 1 > 65_535) {
      throw new IllegalArgumentException("no such ports: " + port + " and " + portCount + " up");
    }
    if (!(weight >= 0)) {
      throw new IllegalArgumentException("weight is negative: " + weight);
    }
  }

  /// A member on this machine alone.
  public static GridSettings standalone(double weight) {
    return new GridSettings(
        "gridset", "127.0.0.1", FIRST_PORT, PORTS, new Discovery.Alone(), weight);
  }
}
