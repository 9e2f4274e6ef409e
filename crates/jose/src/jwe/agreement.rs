//! Diffie-Hellman on a curve and the key derived from it (RFC 7518 §4.6).

use super::header::{Header, KeyManagement};
use super::{ContentEncryption, JweError};
use crate::digest::Sha256;
use crate::jwk::{Curve, Jwk};
use crate::key::ec_from_point;
use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, PrivateKey, UnparsedPublicKey};
use zeroize::Zeroizing;

pub(super) const fn ecdh(curve: Curve) -> &'static agreement::Algorithm {
    match curve {
        Curve::P256 => &ECDH_P256,
        Curve::P384 => &ECDH_P384,
    }
}

/// Agree with `peer` through a key made for this one message. Returns its public half and the derived key.
pub(super) fn with_ephemeral(
    algorithm: KeyManagement,
    encryption: ContentEncryption,
    curve: Curve,
    peer: &[u8],
) -> Result<(Jwk, Zeroizing<Vec<u8>>), JweError> {
    let ephemeral = PrivateKey::generate(ecdh(curve)).map_err(|_| JweError::Library)?;
    let point = ephemeral.compute_public_key().map_err(|_| JweError::Library)?;
    let public = ec_from_point(curve, point.as_ref()).map_err(|_| JweError::Library)?;
    let purpose = Purpose { name: purpose(algorithm, encryption), apu: &[], apv: &[], length: key_len(algorithm, encryption) };
    Ok((public.into(), agree(&ephemeral, curve, peer, &purpose)?))
}

/// The derived key of a received message: agree with the `epk` in its header.
pub(super) fn with_static(key: &PrivateKey, curve: Curve, header: &Header) -> Result<Zeroizing<Vec<u8>>, JweError> {
    let epk = Jwk::from_value(header.member("epk").ok_or(JweError::Malformed)?).map_err(|_| JweError::Malformed)?;
    let purpose = Purpose {
        name: purpose(header.algorithm, header.encryption),
        apu: &header.party("apu")?,
        apv: &header.party("apv")?,
        length: key_len(header.algorithm, header.encryption),
    };
    agree(key, curve, &epk.key().point(), &purpose)
}

/// What a key is derived for.
struct Purpose<'a> {
    name: &'static str,
    apu: &'a [u8],
    apv: &'a [u8],
    length: usize,
}

/// `AlgorithmID` (RFC 7518 §4.6.2): the name of the algorithm that uses the derived key.
const fn purpose(algorithm: KeyManagement, encryption: ContentEncryption) -> &'static str {
    match algorithm {
        KeyManagement::EcdhEs => encryption.name(),
        other => other.name(),
    }
}

const fn key_len(algorithm: KeyManagement, encryption: ContentEncryption) -> usize {
    match algorithm {
        KeyManagement::EcdhEsA128Kw => 16,
        KeyManagement::EcdhEsA256Kw => 32,
        _ => encryption.key_len(),
    }
}

/// A peer on another curve, or with a key of another kind, is refused here.
fn agree(key: &PrivateKey, curve: Curve, peer: &[u8], purpose: &Purpose<'_>) -> Result<Zeroizing<Vec<u8>>, JweError> {
    let peer = UnparsedPublicKey::new(ecdh(curve), peer);
    agreement::agree(key, peer, JweError::Decryption, |secret| Ok(concat_kdf(secret, purpose)))
}

/// The Concat KDF of NIST SP 800-56A §5.8.1 with SHA-256.
fn concat_kdf(secret: &[u8], purpose: &Purpose<'_>) -> Zeroizing<Vec<u8>> {
    let mut derived = Zeroizing::new(Vec::with_capacity(purpose.length + 32));
    let mut round = 1_u32;
    while derived.len() < purpose.length {
        let mut hash = Sha256::new();
        hash.update(&round.to_be_bytes());
        hash.update(secret);
        for field in [purpose.name.as_bytes(), purpose.apu, purpose.apv] {
            hash.update(&be_u32(field.len()));
            hash.update(field);
        }
        hash.update(&be_u32(purpose.length * 8));
        derived.extend_from_slice(&hash.finish());
        round += 1;
    }
    derived.truncate(purpose.length);
    derived
}

/// Lengths here are bounded by the longest token, far below 2^32.
fn be_u32(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::{base64url, decode_base64url};

    #[test]
    fn the_derived_key_matches_rfc_7518_appendix_c() {
        let alice = decode_base64url("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo").unwrap();
        let bob = Jwk::parse(
            br#"{"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
                "y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"}"#,
        )
        .unwrap();
        let alice = PrivateKey::from_private_key(&ECDH_P256, &alice).unwrap();
        let purpose = Purpose { name: "A128GCM", apu: b"Alice", apv: b"Bob", length: 16 };
        let derived = agree(&alice, Curve::P256, &bob.key().point(), &purpose).unwrap();
        assert_eq!(base64url(derived.as_slice()), "VqqN6vgjbSBcIijNcacQGg");
    }
}
