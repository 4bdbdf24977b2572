//! Host system calls for the shim daemon.
