//! Why a server-side fetch brought nothing home.

use std::error::Error;
use std::fmt;

/// What happened to a fetch. It names the host at most, never what the other side answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundFault {
    /// It was not even tried.
    #[error("this server does not fetch from {host}: {why}")]
    Blocked {
        /// The host of the URL.
        host: String,
        /// The rule it broke.
        why: Blocked,
    },
    /// No address, no connection, or a connection that broke.
    #[error("{host} can't be reached")]
    Unreachable {
        /// The host of the URL.
        host: String,
    },
    /// No secure connection: its certificate is not trusted, or there is no TLS.
    #[error("no trusted TLS connection to {host}")]
    Tls {
        /// The host of the URL.
        host: String,
    },
    /// It did not answer in time.
    #[error("{host} took too long to answer")]
    TimedOut {
        /// The host of the URL.
        host: String,
    },
    /// It answered with more than we are willing to read.
    #[error("{host} answered with more than {limit} bytes")]
    TooLarge {
        /// The host of the URL.
        host: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// A header of ours contains what no header can carry.
    #[error("a header of the request to {host} can't be sent")]
    Unsendable {
        /// The host of the URL.
        host: String,
    },
}

/// The rule a URL broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// Neither `https`, nor `http` to an allowed host; or no host at all.
    Scheme,
    /// A user name or password in the URL.
    Credentials,
    /// A host the operator denies.
    Denied,
    /// An address, or a name that leads to addresses, of which none is on the public internet.
    Address,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "only https is possible",
            Self::Credentials => "the URL carries credentials",
            Self::Denied => "the operator denies it",
            Self::Address => "it is not on the public internet",
        })
    }
}

/// The resolver's answer when a name leads to inner addresses only.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to no address on the public internet")]
pub(super) struct NotPublic;

impl OutboundFault {
    /// What the HTTP client's failure means.
    pub(super) fn of(host: String, error: &reqwest::Error) -> Self {
        if causes(error).any(<dyn Error>::is::<NotPublic>) {
            return Self::Blocked { host, why: Blocked::Address };
        }
        if causes(error).any(is_tls) {
            return Self::Tls { host };
        }
        if error.is_timeout() { Self::TimedOut { host } } else { Self::Unreachable { host } }
    }
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

/// An I/O error hides the error it wraps from `source`, and one may wrap another.
fn is_tls(cause: &(dyn Error + 'static)) -> bool {
    let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    cause.is::<rustls::Error>() || wrapped.is_some_and(|inner| is_tls(inner))
}
