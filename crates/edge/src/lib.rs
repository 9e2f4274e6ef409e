//! The only HTTP-server user: listening, mounting the catalogue, turning requests into values and values into bytes.
#![deny(missing_docs)]

mod body;
mod certificate;
mod dispatch;
mod headers;
mod hosts;
mod listen;
mod metrics;
mod openapi;
mod proxy;
mod reference;
mod render;
mod router;
mod system;
mod tls;

// The reading of certificates is compiled elsewhere too, without the server around it.
use flow::ClientCertificate;

pub use dispatch::App;
pub use hosts::Hosts;
pub use listen::{ConnectionPeer, Connections, serve};
pub use metrics::Metrics;
pub use openapi::document as openapi_document;
pub use proxy::TrustedProxies;
pub use render::errors_markdown;
pub use router::{EdgeSettings, Routers, router, routers};
pub use tls::{ClientCertificates, ServerTls, TlsFault};
