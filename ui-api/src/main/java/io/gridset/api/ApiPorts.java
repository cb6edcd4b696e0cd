package io.gridset.api;

import io.gridset.core.control.ControlPlane;
import io.gridset.core.dataset.DatasetHost;
import java.time.InstantSource;

/// What the API serves. The caller closes them, after the server.
public record ApiPorts(
    ControlPlane control,
    DatasetHost host,
    Mounts mounts,
    Grid grid,
    ServedObjects objects,
    NodeFacts node,
    InstantSource clock) {}
