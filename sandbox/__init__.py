"""A registered-mail service for tests and demonstrations: real files, real signatures, no legal value."""
