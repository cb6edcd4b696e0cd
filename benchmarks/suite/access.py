"""The credentials of the benchmarks' own store, which listens on loopback and lives as long as one benchmark."""

ACCESS_KEY = "benchmark-key"
SECRET_KEY = "benchmark-secret"
REGION = "us-east-1"
BUCKET = "bench"
