//! How many passwords this machine could verify if it did nothing else.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// Cost of one Argon2id hash (RFC 9106). It must be what the measured server uses.
#[derive(clap::Args, Clone, Copy)]
pub struct HashCost {
    /// Memory of one password hash, in KiB
    #[arg(long = "hash-memory", default_value_t = 19_456)]
    pub memory: u32,
    /// Passes over that memory
    #[arg(long = "hash-passes", default_value_t = 2)]
    pub passes: u32,
    /// Lanes
    #[arg(long = "hash-lanes", default_value_t = 1)]
    pub lanes: u32,
}

/// Hashes per second on `threads` threads during `measured`. Each thread keeps its working memory: the upper bound.
pub fn hashes_per_second(cost: HashCost, threads: usize, measured: Duration) -> Result<f64> {
    let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(32)).context("the cost of the hash")?;
    let start = Instant::now();
    let work = || -> Result<u64> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let mut output = [0; 32];
        let mut memory = vec![Block::default(); params.block_count()];
        let mut hashes = 0;
        while start.elapsed() < measured {
            argon2.hash_password_into_with_memory(
                b"a password of ordinary length",
                b"sixteen bytes...",
                &mut output,
                &mut memory,
            )?;
            hashes += 1;
        }
        Ok(hashes)
    };
    let total = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().map(|handle| handle.join().map_err(|_| anyhow!("a hashing thread failed"))?).sum::<Result<u64>>()
    })?;
    Ok(total as f64 / start.elapsed().as_secs_f64())
}
