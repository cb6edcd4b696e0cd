"""The programs compared with, each used as its manual advises for the job, and each naming its version."""
