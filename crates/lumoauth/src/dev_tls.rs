//! A certificate authority of one's own, for `dev --tls`.

use crate::notes::write_private;
use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use std::path::{Path, PathBuf};

/// Files of a development server's TLS.
pub struct DevTls {
    /// The authority to trust.
    pub ca_file: PathBuf,
    /// The server's chain.
    pub chain: Vec<u8>,
    /// The server's key.
    pub key: Vec<u8>,
}

/// Read them from the data folder, or make them.
pub fn load_or_make(data: &Path) -> anyhow::Result<DevTls> {
    let files = [data.join("ca.pem"), data.join("server.pem"), data.join("server.key")];
    let [ca_file, chain_file, key_file] = &files;
    if !files.iter().all(|file| file.exists()) {
        make(ca_file, chain_file, key_file)?;
    }
    let read = |path: &Path| std::fs::read(path).with_context(|| format!("{} can't be read", path.display()));
    let ca_file = std::path::absolute(ca_file)?;
    Ok(DevTls { ca_file, chain: read(chain_file)?, key: read(key_file)? })
}

fn make(ca_file: &Path, chain_file: &Path, key_file: &Path) -> anyhow::Result<()> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::default();
    ca.distinguished_name.push(DnType::CommonName, "LumoAuth development authority");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_certificate = ca.self_signed(&ca_key)?;
    let issuer = Issuer::new(ca, ca_key);

    let key = KeyPair::generate()?;
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut server = CertificateParams::new(names)?;
    server.distinguished_name.push(DnType::CommonName, "localhost");
    server.use_authority_key_identifier_extension = true;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = server.signed_by(&key, &issuer)?;

    write_private(key_file, key.serialize_pem().as_bytes())?;
    write_private(chain_file, certificate.pem().as_bytes())?;
    write_private(ca_file, ca_certificate.pem().as_bytes())
}
