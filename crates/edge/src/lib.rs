//! The only HTTP-server user: mounting, extraction, renderers, limits, TLS, OpenAPI.
