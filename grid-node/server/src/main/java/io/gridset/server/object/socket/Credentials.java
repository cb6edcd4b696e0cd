package io.gridset.server.object.socket;

/// Who is at the other end, as the kernel noted it when the connection was made.
public record Credentials(int pid, int uid, int gid) {}
