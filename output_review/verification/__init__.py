"""Is every request whole? What is kept of it, compared with what the audit log says happened to it."""
