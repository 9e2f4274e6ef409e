//! What is measured, one file each.

pub mod audit;
pub mod client_credentials;
pub mod code_flow;
pub mod crowd;
pub mod fapi;
pub mod introspect;
pub mod login;
pub mod people;
pub mod refresh;
pub mod sessions;
pub mod token_exchange;
pub mod tokens;
pub mod userinfo;

/// Decides which answers are parsed completely: the first, and one of every 256 after it.
#[derive(Default)]
pub struct Sample(u8);

impl Sample {
    /// Whether this answer is one of the sample.
    pub fn is_due(&mut self) -> bool {
        let due = self.0 == 0;
        self.0 = self.0.wrapping_add(1);
        due
    }
}

/// Whether `body` contains `wanted`; for checks cheap enough for every answer.
pub fn contains(body: &[u8], wanted: &str) -> bool {
    std::str::from_utf8(body).is_ok_and(|body| body.contains(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_answer_and_one_of_256_are_sampled() {
        let mut sample = Sample::default();
        let due: Vec<_> = (0..600).filter(|_| sample.is_due()).collect();
        assert_eq!(due, [0, 256, 512]);
    }
}
