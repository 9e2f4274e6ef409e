//! Certificates made for the purpose, and one from RFC 8705.

use super::*;
use crate::alg::Algorithm;
use crate::encoding::decode_base64;
use crate::key::SigningKey;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls_pki_types::PrivateKeyDer;

/// RFC 8705 appendix A: the certificate of the example, and its thumbprint.
const EXAMPLE: &str = "MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAxODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwIDSQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOVbUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=";

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

fn authority(name: &str) -> (Issuer<'static, KeyPair>, String) {
    let key = key();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let certificate = params.self_signed(&key).unwrap();
    (Issuer::new(params, key), certificate.pem())
}

fn client(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

fn issued(params: &CertificateParams, by: &Issuer<'_, KeyPair>) -> Certificate {
    Certificate::parse(params.signed_by(&key(), by).unwrap().der()).unwrap()
}

#[test]
fn the_certificate_of_rfc_8705_has_its_thumbprint() {
    let certificate = Certificate::parse(&decode_base64(EXAMPLE).unwrap()).unwrap();
    assert_eq!(certificate.thumbprint(), "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0");
    assert_eq!(certificate.subject(), DistinguishedName::parse("CN=mtls").as_ref());
    // Appendix A shows the same key as JWK.
    let jwk = Jwk::parse(br#"{"kty":"EC","x":"1yfLHCpXqFjxCeHHHMVDTcLscpb07KUxudBmOMn8C7Q","y":"8_coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8","crv":"P-256"}"#);
    assert_eq!(certificate.public_key(), jwk.as_ref().ok());
    assert!(certificate.is_current(Timestamp::from_secs(1_600_000_000)) && !certificate.is_current(NOW));
}

#[test]
fn names_and_keys_of_every_kind_are_read() {
    let mut params = client("client");
    params.distinguished_name.push(DnType::OrganizationName, "Example Bank");
    params.distinguished_name.push(DnType::CountryName, "DE");
    params.subject_alt_names = vec![
        SanType::DnsName("client.example".try_into().unwrap()),
        SanType::URI("https://client.example/id".try_into().unwrap()),
        SanType::Rfc822Name("ops@client.example".try_into().unwrap()),
        SanType::IpAddress("192.0.2.7".parse().unwrap()),
        SanType::IpAddress("2001:db8::7".parse().unwrap()),
    ];
    let (issuer, _) = authority("authority");
    let certificate = issued(&params, &issuer);
    assert_eq!(certificate.subject(), DistinguishedName::parse("C=DE,O=Example Bank,CN=client").as_ref());
    assert_eq!(
        certificate.alternative_names(),
        [
            AlternativeName::Dns("client.example".into()),
            AlternativeName::Uri("https://client.example/id".into()),
            AlternativeName::Email("ops@client.example".into()),
            AlternativeName::Ip("192.0.2.7".parse().unwrap()),
            AlternativeName::Ip("2001:db8::7".parse().unwrap()),
        ]
    );
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::PS256, Algorithm::EdDSA] {
        let own = SigningKey::generate(algorithm, "k").unwrap();
        let pair = KeyPair::try_from(&PrivateKeyDer::Pkcs8(own.to_pkcs8().unwrap().to_vec().into())).unwrap();
        let certificate = Certificate::parse(client("c").self_signed(&pair).unwrap().der()).unwrap();
        assert_eq!(certificate.public_key(), Some(&own.public().bare()), "{algorithm}");
    }
}

#[test]
fn an_authority_vouches_for_what_it_issued_for_clients_in_its_time() {
    let (issuer, pem) = authority("authority");
    let (stranger, other_pem) = authority("authority");
    let authorities = Authorities::parse_pem(pem.as_bytes()).unwrap();
    let good = issued(&client("client"), &issuer);
    assert!(authorities.vouch_for(&good, &[], NOW));
    assert!(!Authorities::default().vouch_for(&good, &[], NOW), "nobody vouches for anyone");
    assert!(!Authorities::parse_pem(other_pem.as_bytes()).unwrap().vouch_for(&good, &[], NOW), "the same name, another key");
    let both = Authorities::parse_pem(format!("{pem}{other_pem}").as_bytes()).unwrap();
    assert!(both.vouch_for(&good, &[], NOW) && both.vouch_for(&issued(&client("c"), &stranger), &[], NOW));

    let mut late = client("client");
    late.not_after = rcgen::date_time_ymd(2026, 1, 1);
    let mut for_servers = client("client");
    for_servers.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let own_key = key();
    let self_signed = Certificate::parse(client("client").self_signed(&own_key).unwrap().der()).unwrap();
    for (what, certificate) in [
        ("over", issued(&late, &issuer)),
        ("for servers", issued(&for_servers, &issuer)),
        ("a stranger's", issued(&client("client"), &stranger)),
        ("its own", self_signed),
    ] {
        assert!(!authorities.vouch_for(&certificate, &[], NOW), "{what}");
    }
    assert!(!authorities.vouch_for(&good, &[], Timestamp::from_secs(-5)));
    assert!(good.is_current(NOW));
}

#[test]
fn intermediates_are_followed_if_they_may_issue() {
    let (root, pem) = authority("root");
    let authorities = Authorities::parse_pem(pem.as_bytes()).unwrap();
    let chain = |is_ca: IsCa| {
        let middle_key = key();
        let mut middle = CertificateParams::default();
        middle.distinguished_name.push(DnType::CommonName, "intermediate");
        middle.is_ca = is_ca;
        let certificate = middle.signed_by(&middle_key, &root).unwrap();
        (issued(&client("client"), &Issuer::new(middle, middle_key)), certificate.der().to_vec())
    };
    let (leaf, middle) = chain(IsCa::Ca(BasicConstraints::Constrained(0)));
    assert!(authorities.vouch_for(&leaf, std::slice::from_ref(&middle), NOW));
    assert!(!authorities.vouch_for(&leaf, &[], NOW), "a gap");
    assert!(!authorities.vouch_for(&leaf, &[b"garbage".to_vec()], NOW));
    let (leaf, middle) = chain(IsCa::ExplicitNoCa);
    assert!(!authorities.vouch_for(&leaf, &[middle], NOW), "a client is no authority");
}

#[test]
fn what_is_no_certificate_is_refused() {
    let good = decode_base64(EXAMPLE).unwrap();
    let mut longer = good.clone();
    longer.push(0);
    let mut broken = good.clone();
    broken[1] = 0x80;
    for der in [&[][..], b"x", &good[..good.len() - 1], &longer, &broken, &vec![0x30; 20_000]] {
        assert_eq!(Certificate::parse(der), Err(NotACertificate));
    }
    for cut in 0..good.len() {
        assert!(Certificate::parse(&good[..cut]).is_err());
    }
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 0xFF;
        let _ = Certificate::parse(&changed);
    }
    for pem in ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(Authorities::parse_pem(pem.as_bytes()).is_err(), "{pem}");
    }
}
