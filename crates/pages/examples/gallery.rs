//! Writes every page as a file, to be looked at: `cargo run -p pages --example gallery -- <directory>`.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    let directory = env::args().nth(1).ok_or_else(|| io::Error::other("usage: gallery <directory>"))?;
    let directory = Path::new(&directory);
    fs::create_dir_all(directory.join("assets"))?;
    for asset in pages::assets() {
        fs::write(directory.join(asset.path.trim_start_matches('/')), &asset.bytes)?;
    }
    let mut index = String::from("<!doctype html><meta charset=\"utf-8\"><title>Gallery</title><ul>");
    for example in pages::all_examples().into_iter().chain([pages::console_example()]) {
        for path in example.html.split('"').filter(|part| part.starts_with("/assets/")) {
            if let Some(asset) = pages::asset(path) {
                fs::write(directory.join(path.trim_start_matches('/')), &asset.bytes)?;
            }
        }
        let file = format!("{}.{}.html", example.name, example.language);
        fs::write(directory.join(&file), example.html.replace("\"/assets/", "\"assets/"))?;
        index.push_str("<li><a href=\"");
        index.push_str(&file);
        index.push_str("\">");
        index.push_str(&file);
        index.push_str("</a>");
    }
    fs::write(directory.join("index.html"), index)
}
