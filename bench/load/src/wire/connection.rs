//! One keep-alive HTTP/1.1 connection.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::reply::{Framing, Head, Reply, decode_chunks, parse_head};

/// A connection that sends one request at a time and keeps its buffers between exchanges. It connects when first used.
pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    received: Vec<u8>,
    decoded: Vec<u8>,
}

impl Connection {
    /// A connection to `address`, not opened yet.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, received: Vec::with_capacity(16 * 1024), decoded: Vec::new() }
    }

    /// Sends a complete request and waits for its complete answer.
    ///
    /// # Errors
    /// The peer cannot be reached, closes early, or answers with something that is not HTTP/1.1.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Reply<'_>> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address).await?,
        };
        stream.write_all(request).await.context("sending a request")?;
        self.received.clear();
        let head = receive_head(&mut stream, &mut self.received).await?;
        let body_end = receive_body(&mut stream, &mut self.received, &mut self.decoded, &head).await?;
        if !head.close {
            self.stream = Some(stream);
        }
        let (head_bytes, rest) = self.received.split_at(head.length);
        let body = if head.framing == Framing::Chunked { &self.decoded } else { rest.get(..body_end).unwrap_or_default() };
        Ok(Reply { status: head.status, head: head_bytes, body })
    }

    /// Closes the connection, so that the next exchange opens a fresh one.
    pub fn close(&mut self) {
        self.stream = None;
    }
}

async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn receive_head(stream: &mut TcpStream, received: &mut Vec<u8>) -> Result<Head> {
    loop {
        receive(stream, received).await?;
        if let Some(head) = parse_head(received)? {
            return Ok(head);
        }
        ensure!(received.len() < 256 * 1024, "the head of an answer does not end");
    }
}

/// Reads until the body is complete and returns its length in `received` after the head (0 when it was decoded elsewhere).
async fn receive_body(stream: &mut TcpStream, received: &mut Vec<u8>, decoded: &mut Vec<u8>, head: &Head) -> Result<usize> {
    match head.framing {
        Framing::Empty => Ok(0),
        Framing::Length(length) => {
            while received.len() < head.length + length {
                receive(stream, received).await?;
            }
            Ok(length)
        }
        Framing::Chunked => {
            while !decode_chunks(received.get(head.length..).unwrap_or_default(), decoded)? {
                receive(stream, received).await?;
            }
            Ok(0)
        }
    }
}

async fn receive(stream: &mut TcpStream, received: &mut Vec<u8>) -> Result<()> {
    received.reserve(8 * 1024);
    if stream.read_buf(received).await.context("reading an answer")? == 0 {
        bail!("the server closed the connection before its answer was complete");
    }
    Ok(())
}
